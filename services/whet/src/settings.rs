//! The whole configuration: one section a role, read once and handed out.

use std::{
    env,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use whetstone_runtime::{
    Failure,
    config::{Layers, Problems, Validate},
    telemetry::TelemetryConfig,
};

use crate::{cli::Global, problem};

/// Every key of the configuration file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Folder for runs, environments and reports; empty for the user's own.
    pub data_dir: String,
    pub telemetry: TelemetryConfig,
    pub sandbox: whetstone_jobs::SandboxConfig,
    pub registries: whetstone_jobs::RegistriesConfig,
    pub repository: whetstone_repository::Config,
    pub analysis: whetstone_analysis::Config,
    pub testgen: whetstone_testgen::Config,
    pub benchmark: whetstone_benchmark::Config,
    pub gateway: whetstone_gateway::Config,
    pub optimization: whetstone_optimization::Config,
    pub reporting: whetstone_reporting::Config,
}

impl Validate for Settings {
    fn validate(&self, problems: &mut Problems) {
        problems.section("telemetry", &self.telemetry);
        problems.section("sandbox", &self.sandbox);
        problems.section("registries", &self.registries);
        problems.section("repository", &self.repository);
        problems.section("analysis", &self.analysis);
        problems.section("testgen", &self.testgen);
        problems.section("benchmark", &self.benchmark);
        problems.section("optimization", &self.optimization);
        problems.section("gateway", &self.gateway);
    }
}

impl Settings {
    /// Reads the configuration that applies to this command line.
    ///
    /// # Errors
    /// All problems together.
    pub fn read(global: &Global) -> Result<Self, Failure> {
        let mut layers = Layers::default();
        let file = global
            .config
            .clone()
            .or_else(|| user_folder("XDG_CONFIG_HOME", ".config").map(|folder| folder.join("config.toml")).filter(|file| file.is_file()));
        if let Some(file) = file {
            layers = layers.file(file);
        }
        if let Some(folder) = &global.data_dir {
            layers = layers.set("data_dir", folder.to_string_lossy().into_owned());
        }
        if let Some(sandbox) = global.sandbox {
            layers = layers.set("sandbox.kind", sandbox.name());
        }
        if global.verbose {
            layers = layers.set("telemetry.filter", "info");
        }
        layers.read().map_err(|error| problem::of_config(&error))
    }

    /// The same with the data folder that is used, where there is one.
    pub fn with_data_folder(self) -> Self {
        match self.data_folder() {
            Ok(folder) => Self { data_dir: folder.display().to_string(), ..self },
            Err(_) => self,
        }
    }

    /// The data folder.
    ///
    /// # Errors
    /// If none is given and the user has no home.
    pub fn data_folder(&self) -> Result<PathBuf, Failure> {
        if !self.data_dir.is_empty() {
            return std::path::absolute(&self.data_dir).map_err(|error| problem::of_file(Path::new(&self.data_dir), "used", &error));
        }
        user_folder("XDG_DATA_HOME", ".local/share").ok_or_else(|| {
            Failure::environment("NO_HOME", "there is no home folder for runs and reports")
                .advice("Give a folder with --data-dir, or set HOME.")
        })
    }
}

/// Whetstone's folder below one of the user's base folders (XDG Base Directory Specification).
fn user_folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| absolute("HOME").map(|home| home.join(below_home)))?;
    Some(base.join("whetstone"))
}
