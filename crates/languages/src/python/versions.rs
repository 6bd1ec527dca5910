//! Versions and the specifiers that constrain them: the parts of PEP 440 that `requires-python`
//! uses, and Poetry's `^`, `~` and `||`.

use std::{cmp::Ordering, fmt, str::FromStr};

/// The numbers of a release, such as `3.11.7`; pre-release tags are not kept.
#[derive(Clone, Debug)]
pub struct Version(Vec<u64>);

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl Version {
    /// The first two numbers, as in `3.11`.
    pub fn minor(&self) -> (u64, u64) {
        (self.part(0), self.part(1))
    }

    fn part(&self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or(0)
    }

    fn starts_with(&self, prefix: &Self) -> bool {
        (0..prefix.0.len()).all(|index| self.part(index) == prefix.part(index))
    }

    /// The least version above every one that shares the first `kept` numbers.
    fn after_prefix(&self, kept: usize) -> Self {
        let mut parts: Vec<u64> = (0..kept).map(|index| self.part(index)).collect();
        if let Some(last) = parts.last_mut() {
            *last += 1;
        }
        Self(parts)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.0.len().max(other.0.len());
        (0..length).map(|index| self.part(index).cmp(&other.part(index))).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim().trim_start_matches('v');
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        let parts: Option<Vec<u64>> = digits[..end].trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect();
        parts.map(Self).ok_or_else(|| format!("`{text}` is not a version: 3.11 or 3.11.7 is expected"))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u64::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

/// What versions are allowed: alternatives, each a list of clauses that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Specifier {
    alternatives: Vec<Vec<Clause>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Clause {
    AtLeast(Version),
    Above(Version),
    AtMost(Version),
    Below(Version),
    Prefix(Version),
    Exactly(Version),
    NotPrefix(Version),
    Not(Version),
}

impl Specifier {
    /// Whether `version` is allowed. An empty specifier allows every one.
    pub fn allows(&self, version: &Version) -> bool {
        self.alternatives.is_empty() || self.alternatives.iter().any(|clauses| clauses.iter().all(|clause| clause.allows(version)))
    }
}

impl FromStr for Specifier {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut alternatives = Vec::new();
        for alternative in text.split("||").filter(|alternative| !alternative.trim().is_empty()) {
            let mut clauses = Vec::new();
            for clause in alternative.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
                parse_clause(clause, &mut clauses)?;
            }
            alternatives.push(clauses);
        }
        Ok(Self { alternatives })
    }
}

impl Clause {
    fn allows(&self, version: &Version) -> bool {
        match self {
            Self::AtLeast(limit) => version >= limit,
            Self::Above(limit) => version > limit,
            Self::AtMost(limit) => version <= limit,
            Self::Below(limit) => version < limit,
            Self::Prefix(prefix) => version.starts_with(prefix),
            Self::Exactly(exact) => version == exact,
            Self::NotPrefix(prefix) => !version.starts_with(prefix),
            Self::Not(exact) => version != exact,
        }
    }
}

fn parse_clause(clause: &str, clauses: &mut Vec<Clause>) -> Result<(), String> {
    if clause == "*" {
        return Ok(());
    }
    let operator_end = clause.find(|c: char| c.is_ascii_digit() || c == 'v').unwrap_or(clause.len());
    let (operator, rest) = clause.split_at(operator_end);
    let wildcard = rest.trim_end().ends_with(".*");
    let version: Version = rest.trim().trim_end_matches(".*").parse()?;
    let length = version.0.len();
    match (operator.trim(), wildcard) {
        (">=", _) => clauses.push(Clause::AtLeast(version)),
        (">", _) => clauses.push(Clause::Above(version)),
        ("<=", _) => clauses.push(Clause::AtMost(version)),
        ("<", _) => clauses.push(Clause::Below(version)),
        ("!=", true) => clauses.push(Clause::NotPrefix(version)),
        ("!=", false) => clauses.push(Clause::Not(version)),
        ("" | "==" | "===" | "=", true) => clauses.push(Clause::Prefix(version)),
        ("==" | "===" | "=", false) => clauses.push(Clause::Exactly(version)),
        // A bare `3.11` in a `.python-version` or a Pipfile means any 3.11.x.
        ("", false) => clauses.push(Clause::Prefix(version)),
        ("~=", _) => {
            clauses.push(Clause::Below(version.after_prefix(length.saturating_sub(1).max(1))));
            clauses.push(Clause::AtLeast(version));
        }
        ("~", _) => {
            clauses.push(Clause::Below(version.after_prefix(length.min(2))));
            clauses.push(Clause::AtLeast(version));
        }
        ("^", _) => {
            let first_set = version.0.iter().position(|part| *part > 0).unwrap_or(length - 1);
            clauses.push(Clause::Below(version.after_prefix(first_set + 1)));
            clauses.push(Clause::AtLeast(version));
        }
        (other, _) => return Err(format!("`{other}` in `{clause}` is not a version comparison")),
    }
    Ok(())
}

/// Rewrites a Poetry constraint (`^1.2`, `~1.2`, `1.2`, `*`) as a PEP 440 specifier; alternatives
/// (`||`), which PEP 440 lacks, become no constraint.
pub fn poetry_to_pep440(constraint: &str) -> String {
    let constraint = constraint.trim();
    if constraint == "*" || constraint.contains("||") || constraint.contains('|') {
        return String::new();
    }
    let clauses = constraint.split(',').map(|clause| {
        let clause = clause.trim();
        let (operator, rest) = clause.split_at(clause.find(|c: char| c.is_ascii_digit()).unwrap_or(clause.len()));
        match (operator.trim(), rest.parse::<Version>()) {
            ("^", Ok(version)) => {
                let first_set = version.0.iter().position(|part| *part > 0).unwrap_or(version.0.len() - 1);
                format!(">={rest},<{}", version.after_prefix(first_set + 1))
            }
            ("~", Ok(version)) => format!(">={rest},<{}", version.after_prefix(version.0.len().min(2))),
            ("", Ok(_)) => format!("=={rest}"),
            ("=", Ok(_)) => format!("=={rest}"),
            _ => clause.to_owned(),
        }
    });
    clauses.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(specifier: &str, version: &str) -> bool {
        let specifier: Specifier = specifier.parse().expect("a specifier");
        specifier.allows(&version.parse().expect("a version"))
    }

    #[test]
    fn common_requires_python_lines_mean_what_pep_440_says() {
        assert!(allows(">=3.8", "3.13.0") && !allows(">=3.12", "3.11.7"));
        assert!(allows(">=3.6,!=3.9.*,<4", "3.10.1") && !allows(">=3.6,!=3.9.*,<4", "3.9.18"));
        assert!(allows("~=3.9", "3.12.1") && !allows("~=3.9.1", "3.10.0"));
        assert!(allows("==3.11.*", "3.11.7") && !allows("==3.11.*", "3.12.0"));
        assert!(allows("", "3.9.0") && allows("*", "3.9.0"));
        assert!(">=three".parse::<Specifier>().is_err());
    }

    #[test]
    fn poetry_constraints_are_understood() {
        assert!(allows("^3.8", "3.13.0") && !allows("^3.8", "4.0"));
        assert!(allows("~3.11", "3.11.7") && !allows("~3.11", "3.12.0"));
        assert!(allows("^3.8 || ^2.7", "3.9.0"));
        assert_eq!(poetry_to_pep440("^1.2.3"), ">=1.2.3,<2");
        assert_eq!(poetry_to_pep440("^0.2.3"), ">=0.2.3,<0.3");
        assert_eq!(poetry_to_pep440("~1.4"), ">=1.4,<1.5");
        assert_eq!(poetry_to_pep440("1.4.0"), "==1.4.0");
        assert_eq!(poetry_to_pep440("*"), "");
        assert_eq!(poetry_to_pep440(">=1,<3"), ">=1,<3");
    }

    #[test]
    fn versions_order_by_their_numbers() {
        let version = |text: &str| text.parse::<Version>().expect("a version");
        assert!(version("3.13") > version("3.9.18"));
        assert_eq!(version("3.13.0rc1"), version("3.13.0"));
    }
}
