//! The formatter that a repository keeps its code in.

use super::{Tree, packaging::Configuration, requirements};

/// A formatter: how it is run and what must be installed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatter {
    /// Rewrites the files named after it.
    pub command: String,
    pub requirement: String,
}

/// Finds the formatter by its configuration or by the pre-commit hook that runs it.
pub fn find(tree: &Tree, configuration: &Configuration, declared: &[String]) -> Option<Formatter> {
    let hooks = tree.text(".pre-commit-config.yaml").unwrap_or_default();
    let configured = |tool: &str| configuration.pyproject_value(&["tool", tool]).is_some();
    let ruff_file = tree.text("ruff.toml").or_else(|| tree.text(".ruff.toml")).unwrap_or_default();
    let ruff_format = configuration.pyproject_value(&["tool", "ruff", "format"]).is_some() || ruff_file.contains("[format]");
    let choices = [
        ("ruff", "python -m ruff format -q", ruff_format || hooks.contains("id: ruff-format")),
        ("black", "python -m black -q", configured("black") || hooks.contains("id: black")),
        ("yapf", "python -m yapf -i", configured("yapf") || tree.has(".style.yapf") || configuration.setup_cfg.has_section("yapf")),
        ("autopep8", "python -m autopep8 -i", configured("autopep8") || configuration.setup_cfg.has_section("autopep8")),
    ];
    let (name, command, _) = choices.into_iter().find(|(_, _, is_used)| *is_used)?;
    let declared = declared.iter().find(|requirement| requirements::name_of(requirement) == name && requirement.contains("=="));
    let requirement = declared.cloned().or_else(|| pinned_by_hook(&hooks, name)).unwrap_or_else(|| name.to_owned());
    Some(Formatter { command: command.to_owned(), requirement })
}

/// Pre-commit names the version as `rev:` after the hook's repository.
fn pinned_by_hook(hooks: &str, name: &str) -> Option<String> {
    let after = hooks.split("repo:").find(|part| part.lines().next().is_some_and(|line| line.contains(name)))?;
    let revision = after.lines().find_map(|line| line.trim().strip_prefix("rev:"))?.trim().trim_matches(['"', '\'']);
    let version = revision.trim_start_matches('v');
    let plain = !version.is_empty() && version.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    (plain && version.starts_with(|c: char| c.is_ascii_digit())).then(|| format!("{name}=={version}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_pins_the_formatter() {
        let hooks = "repos:\n  - repo: https://github.com/psf/black-pre-commit-mirror\n    rev: 24.4.2\n    hooks:\n      - id: black\n";
        assert_eq!(pinned_by_hook(hooks, "black").as_deref(), Some("black==24.4.2"));
        assert_eq!(pinned_by_hook("- repo: x/ruff\n  rev: main\n", "ruff"), None);
    }
}
