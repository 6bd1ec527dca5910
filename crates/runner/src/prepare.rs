//! Prepare plans: the one kind with a network, which builds an environment.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use whetstone_core::plan::{
    ENVIRONMENT, JOB_OUT, PROXY_SOCKET, SOLVER, TOOLS, TREE_INPUT,
    prepare::{PreparePlan, PrepareResult, PrepareStep, StepResult},
};

use crate::{
    Channel, RunnerError, SCRATCH,
    forward::Forwarder,
    guard::{self, Confinement},
    process::{self, Bounds},
    sides::{Side, Sides},
    start::Options,
};

/// Names of the archives in `/job/out`.
const ENVIRONMENT_FILE: &str = "environment.tar";
const OVERLAY_FILE: &str = "overlay.tar";

/// Lines of a tool's output that a failure shows.
const TAIL_LINES: usize = 30;

/// Bytes that one step may print where the sandbox sets no bound.
const PRINTED_BYTES: u64 = 256 << 20;

/// The job's wall limit ends a step that hangs; this only keeps the arithmetic finite.
const STEP_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Builds the environment and the overlay. A step that fails ends the plan without archives; that
/// is a result, not an error.
///
/// # Errors
/// If the tree cannot be copied, a step cannot be started or an archive cannot be written.
pub fn run(plan: &PreparePlan, options: &Options, channel: &Channel) -> Result<PrepareResult, RunnerError> {
    let mut sides = Sides::prepare(Path::new(SCRATCH)).map_err(RunnerError::io("copying the tree"))?;
    let baseline = sides.baseline();
    let tree = sides.writable_copy(&baseline).map_err(RunnerError::io("copying the tree"))?;
    let proxy = Path::new(PROXY_SOCKET);
    let forwarder = proxy.exists().then(|| Forwarder::start(proxy)).transpose().map_err(RunnerError::io("reaching the proxy"))?;
    let scratch = sides.scratch().map_err(RunnerError::io("making a scratch folder"))?;
    let printed_bytes = options.printed_bytes.unwrap_or(PRINTED_BYTES);
    let builder = Builder { tree: &tree, scratch: &scratch, proxy: forwarder.as_ref(), printed_bytes };
    let mut result = PrepareResult { steps: Vec::new(), environment: String::new(), overlay: String::new(), packages: Vec::new() };
    for (number, step) in plan.steps.iter().enumerate() {
        channel.progress("prepare", number as u64, plan.steps.len() as u64, &step.name);
        let ended = builder.run(step)?;
        let has_failed = ended.exit != 0 && !step.optional;
        result.steps.push(ended);
        if has_failed {
            return Ok(result);
        }
    }
    let archive = Path::new(&plan.archive);
    if archive.is_dir() {
        write_archive(archive, &out(ENVIRONMENT_FILE), |_| Ok(true)).map_err(RunnerError::io("archiving the environment"))?;
        result.environment = ENVIRONMENT_FILE.into();
        result.packages = packages(archive);
    }
    if !plan.overlay_from.is_empty() {
        let from = builder.find(&plan.overlay_from);
        if from.is_dir() {
            let is_new = |relative: &Path| Ok(!is_alike(&from.join(relative), &Path::new(TREE_INPUT).join(relative))?);
            write_archive(&from, &out(OVERLAY_FILE), is_new).map_err(RunnerError::io("archiving the overlay"))?;
            result.overlay = OVERLAY_FILE.into();
        }
    }
    Ok(result)
}

fn out(name: &str) -> PathBuf {
    Path::new(JOB_OUT).join(name)
}

/// Runs steps, all in one tree and one scratch: each builds on what the ones before it left.
struct Builder<'a> {
    tree: &'a Side,
    scratch: &'a Path,
    proxy: Option<&'a Forwarder>,
    printed_bytes: u64,
}

impl Builder<'_> {
    /// A folder as the steps name it, where the runner finds it.
    fn find(&self, named: &str) -> PathBuf {
        let confinement = self.confinement();
        let seen = [
            (confinement.tree(), self.tree.root.clone()),
            (confinement.temporary(), self.scratch.join("tmp")),
            (confinement.home(), self.scratch.join("home")),
        ];
        let found = seen.iter().find_map(|(seen, real)| Some(real.join(Path::new(named).strip_prefix(seen).ok()?)));
        found.unwrap_or_else(|| PathBuf::from(named))
    }

    fn confinement(&self) -> Confinement {
        let confinement = Confinement::new(&self.tree.root, self.scratch).with_writable_tree();
        // The job's own `/tmp` is shown only where commands have no view of their own.
        confinement.with_writable(ENVIRONMENT).with_writable(TOOLS).with_writable(SOLVER).with_writable("/tmp")
    }

    fn run(&self, step: &PrepareStep) -> Result<StepResult, RunnerError> {
        let Some((program, arguments)) = step.command.split_first() else {
            return Err(RunnerError::Plan(format!("step `{}` has no command", step.name)));
        };
        let confinement = self.confinement().with_interpreter(program);
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(self.variables());
        guard::confine(&mut command, &confinement).map_err(RunnerError::io("confining a step"))?;
        let bounds = Bounds { timeout: STEP_TIMEOUT, printed_bytes: self.printed_bytes, alone: true, slowed: false };
        let finished = match process::run(&mut command, bounds) {
            Ok(finished) => finished,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(StepResult { name: step.name.clone(), exit: 127, tail: format!("{program}: not found in the job") });
            }
            Err(error) => return Err(RunnerError::io(format!("starting {program}"))(error)),
        };
        if finished.printed_too_much {
            return Err(RunnerError::PrintedTooMuch { command: step.name.clone(), limit: self.printed_bytes });
        }
        let said = [&finished.stdout, &finished.stderr].map(|stream| process::last_lines(stream, TAIL_LINES));
        let said: Vec<&str> = said.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        Ok(StepResult { name: step.name.clone(), exit: finished.exit, tail: said.join("\n") })
    }

    fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("PATH", format!("{ENVIRONMENT}/bin:/usr/local/bin:/usr/bin:/bin")),
            ("LANG", "C.UTF-8".to_owned()),
            ("USER", "job".to_owned()),
            ("PIP_DISABLE_PIP_VERSION_CHECK", "1".to_owned()),
            ("PIP_NO_INPUT", "1".to_owned()),
            ("PIP_NO_CACHE_DIR", "1".to_owned()),
        ];
        for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT"] {
            if let Ok(path) = std::env::var("WHET_CA_BUNDLE") {
                variables.push((name, path));
            }
        }
        if let Some(proxy) = self.proxy {
            for name in ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"] {
                variables.push((name, proxy.address()));
            }
        }
        variables
    }
}

/// Writes the files, folders and symbolic links below `folder` for which `wanted` holds as a tar, in
/// the order of their names and without the builder's times, users and groups.
fn write_archive(folder: &Path, to: &Path, wanted: impl Fn(&Path) -> io::Result<bool>) -> io::Result<()> {
    let mut archive = tar::Builder::new(BufWriter::new(File::create(to)?));
    let mut pending = vec![PathBuf::new()];
    while let Some(relative) = pending.pop() {
        let mut names: Vec<_> = fs::read_dir(folder.join(&relative))?.collect::<io::Result<Vec<_>>>()?;
        names.sort_by_key(fs::DirEntry::file_name);
        for entry in names {
            let (path, kind) = (relative.join(entry.file_name()), entry.file_type()?);
            if kind.is_dir() {
                pending.push(path);
            } else if (kind.is_file() || kind.is_symlink()) && wanted(&path)? {
                append(&mut archive, &entry.path(), &path)?;
            }
        }
    }
    archive.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

fn append(archive: &mut tar::Builder<impl io::Write>, source: &Path, name: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let status = source.symlink_metadata()?;
    let mut header = tar::Header::new_gnu();
    header.set_mtime(u64::try_from(status.mtime()).unwrap_or(0));
    header.set_uid(0);
    header.set_gid(0);
    if status.is_symlink() {
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_mode(0o777);
        header.set_size(0);
        return archive.append_link(&mut header, name, fs::read_link(source)?);
    }
    let is_executable = status.permissions().mode() & 0o111 != 0;
    header.set_mode(if is_executable { 0o755 } else { 0o644 });
    header.set_size(status.len());
    archive.append_data(&mut header, name, BufReader::new(File::open(source)?))
}

fn is_alike(made: &Path, original: &Path) -> io::Result<bool> {
    let (Ok(new), Ok(old)) = (made.symlink_metadata(), original.symlink_metadata()) else { return Ok(false) };
    if new.is_symlink() || old.is_symlink() {
        return Ok(new.is_symlink() && old.is_symlink() && fs::read_link(made)? == fs::read_link(original)?);
    }
    if new.len() != old.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (BufReader::new(File::open(made)?).bytes(), BufReader::new(File::open(original)?).bytes());
    loop {
        match (left.next().transpose()?, right.next().transpose()?) {
            (None, None) => return Ok(true),
            (one, other) if one == other => {}
            _ => return Ok(false),
        }
    }
}

/// `name==version` of every distribution whose metadata lies in a `site-packages` of `environment`.
fn packages(environment: &Path) -> Vec<String> {
    let mut found = BTreeSet::new();
    let libraries = fs::read_dir(environment.join("lib")).into_iter().flatten().flatten();
    for library in libraries {
        let installed = fs::read_dir(library.path().join("site-packages")).into_iter().flatten().flatten();
        for entry in installed {
            let name = entry.file_name().to_string_lossy().into_owned();
            let parts = name.strip_suffix(".dist-info").and_then(|stem| stem.split_once('-'));
            found.extend(parts.map(|(name, version)| format!("{name}=={version}")));
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlay_holds_only_what_the_tree_has_not_alike() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (made, original) = (folder.path().join("made"), folder.path().join("original"));
        for root in [&made, &original] {
            fs::create_dir_all(root.join("pkg")).expect("empty");
            fs::write(root.join("pkg/same.py"), "same").expect("empty");
        }
        fs::write(made.join("pkg/version.py"), "1").expect("empty");
        fs::write(original.join("pkg/changed.py"), "old").expect("empty");
        fs::write(made.join("pkg/changed.py"), "new").expect("empty");
        let archive = folder.path().join("overlay.tar");
        let is_new = |path: &Path| Ok(!is_alike(&made.join(path), &original.join(path))?);
        write_archive(&made, &archive, is_new).expect("writable");
        let mut read = tar::Archive::new(File::open(&archive).expect("written"));
        let names: Vec<_> =
            read.entries().expect("a tar").map(|entry| entry.expect("whole").path().expect("a path").into_owned()).collect();
        assert_eq!(names, [PathBuf::from("pkg/changed.py"), PathBuf::from("pkg/version.py")]);
    }

    #[test]
    fn installed_distributions_are_listed_by_name_and_version() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let site = folder.path().join("lib/python3.11/site-packages");
        for name in ["toolz-1.0.0.dist-info", "toolz", "attrs-23.1.dist-info"] {
            fs::create_dir_all(site.join(name)).expect("empty");
        }
        assert_eq!(packages(folder.path()), ["attrs==23.1", "toolz==1.0.0"]);
    }
}
