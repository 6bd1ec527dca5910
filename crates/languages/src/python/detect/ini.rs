//! INI files as Python's configparser and pytest read them: sections, `key = value`, and values
//! that go on in indented lines.

use std::collections::BTreeMap;

/// Sections by name, each with its values by lower-case key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ini(BTreeMap<String, BTreeMap<String, String>>);

impl Ini {
    /// Reads a file's text; lines that are neither section, value nor comment are passed over.
    pub fn parse(text: &str) -> Self {
        let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        let (mut section, mut key) = (String::new(), None::<String>);
        for line in text.lines() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            let indented = line.starts_with([' ', '\t']);
            if let (true, Some(key)) = (indented, &key) {
                let value = sections.entry(section.clone()).or_default().entry(key.clone()).or_default();
                value.push('\n');
                value.push_str(trimmed);
            } else if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
                section = name.trim().to_owned();
                sections.entry(section.clone()).or_default();
                key = None;
            } else if let Some((name, value)) = trimmed.split_once(['=', ':']) {
                let name = name.trim().to_lowercase();
                sections.entry(section.clone()).or_default().insert(name.clone(), value.trim().to_owned());
                key = Some(name);
            }
        }
        Self(sections)
    }

    pub fn has_section(&self, section: &str) -> bool {
        self.0.contains_key(section)
    }

    pub fn value(&self, section: &str, key: &str) -> Option<&str> {
        self.0.get(section)?.get(key).map(String::as_str)
    }

    /// The lines of a value that are not empty, without comments at their ends.
    pub fn lines(&self, section: &str, key: &str) -> Vec<String> {
        let value = self.value(section, key).unwrap_or_default();
        let lines = value.lines().map(|line| line.split(" #").next().unwrap_or_default().trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    }

    /// All values of a section.
    pub fn section(&self, section: &str) -> impl Iterator<Item = (&str, &str)> {
        self.0.get(section).into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_on_in_indented_lines() {
        let ini = Ini::parse("# c\n[tool:pytest]\naddopts = -q\n   --cov=x  # why\n[options]\nInstall_Requires =\n    a>=1\n    b\n");
        assert_eq!(ini.lines("options", "install_requires"), ["a>=1", "b"]);
        assert_eq!(ini.lines("tool:pytest", "addopts"), ["-q", "--cov=x"]);
        assert!(ini.has_section("options") && !ini.has_section("other"));
    }
}
