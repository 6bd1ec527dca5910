//! What can be told of a Python regular expression without running it.
//!
//! Only patterns over `str` without inline flags are understood; everything else gives `None`.

use std::collections::BTreeSet;

/// Most characters that a guard lists.
const MOST: usize = 24;

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    /// One of these characters.
    One(BTreeSet<char>),
    /// One character, of which little is known.
    Any,
    /// A group's alternatives.
    Group(Vec<Vec<(Piece, bool)>>),
    /// Something that takes no character.
    Nothing,
}

/// The characters with which a match can begin, as a text; `None` if they are many, not
/// decidable, or a match can be empty.
pub fn first_characters(pattern: &str) -> Option<String> {
    let (first, nullable) = first_of(&parse(pattern)?)?;
    (!nullable && !first.is_empty() && first.len() <= MOST).then(|| first.into_iter().collect())
}

/// The longest text that every match holds.
pub fn needed_character(pattern: &str) -> Option<String> {
    let branches = parse(pattern)?;
    let [only] = branches.as_slice() else { return None };
    let mut runs = vec![String::new()];
    for (piece, is_optional) in only {
        match piece {
            Piece::One(set) if set.len() == 1 && !is_optional => runs.last_mut()?.extend(set),
            Piece::Nothing => {}
            _ => runs.push(String::new()),
        }
    }
    runs.into_iter().rev().filter(|run| !run.is_empty()).max_by_key(|run| run.chars().count())
}

/// The text that is all the pattern matches.
pub fn plain_text(pattern: &str) -> Option<String> {
    let branches = parse(pattern)?;
    let [only] = branches.as_slice() else { return None };
    if pattern.contains(['^', '$', '(', '[', '*', '+', '?', '{', '|'])
        || pattern.contains("\\b")
        || pattern.contains("\\A")
        || pattern.contains("\\Z")
    {
        return None;
    }
    let text: Option<String> = only
        .iter()
        .map(|(piece, _)| match piece {
            Piece::One(set) if set.len() == 1 => set.first().copied(),
            _ => None,
        })
        .collect();
    text.filter(|text| !text.is_empty())
}

/// The inside of a character class for `characters`.
pub fn escape_class(characters: &str) -> String {
    characters
        .chars()
        .flat_map(|c| if matches!(c, '\\' | ']' | '[' | '^' | '-' | '&' | '~' | '|') { vec!['\\', c] } else { vec![c] })
        .collect()
}

/// First characters of alternatives, and whether one of them can be empty.
fn first_of(branches: &[Vec<(Piece, bool)>]) -> Option<(BTreeSet<char>, bool)> {
    let mut all = BTreeSet::new();
    let mut nullable = false;
    for branch in branches {
        let mut can_be_empty = true;
        for (piece, is_optional) in branch {
            let (first, empty) = match piece {
                Piece::One(set) => (set.clone(), false),
                Piece::Any => return None,
                Piece::Group(inner) => first_of(inner)?,
                Piece::Nothing => (BTreeSet::new(), true),
            };
            all.extend(first);
            if !(empty || *is_optional) {
                can_be_empty = false;
                break;
            }
        }
        nullable |= can_be_empty;
    }
    Some((all, nullable))
}

fn parse(pattern: &str) -> Option<Vec<Vec<(Piece, bool)>>> {
    let characters: Vec<char> = pattern.chars().collect();
    let mut reader = Reader { characters, at: 0 };
    let branches = reader.alternatives()?;
    (reader.at == reader.characters.len()).then_some(branches)
}

struct Reader {
    characters: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn takes(&mut self, text: &str) -> bool {
        let fits = text.chars().enumerate().all(|(index, c)| self.characters.get(self.at + index) == Some(&c));
        if fits {
            self.at += text.chars().count();
        }
        fits
    }

    fn alternatives(&mut self) -> Option<Vec<Vec<(Piece, bool)>>> {
        let mut branches = vec![Vec::new()];
        while let Some(c) = self.peek() {
            match c {
                ')' => break,
                '|' => {
                    self.at += 1;
                    branches.push(Vec::new());
                }
                _ => {
                    let piece = self.piece()?;
                    let is_optional = self.quantifier()?;
                    branches.last_mut()?.push((piece, is_optional));
                }
            }
        }
        Some(branches)
    }

    fn piece(&mut self) -> Option<Piece> {
        match self.take()? {
            '(' => self.group(),
            '[' => self.class(),
            '.' => Some(Piece::Any),
            '^' | '$' => Some(Piece::Nothing),
            '\\' => self.escape(),
            '*' | '+' | '?' | '{' => None,
            c => Some(Piece::One(BTreeSet::from([c]))),
        }
    }

    fn group(&mut self) -> Option<Piece> {
        let looks = ["?=", "?!", "?<=", "?<!"].iter().any(|start| self.takes(start));
        if !looks && self.takes("?") && !self.takes(":") {
            if !self.takes("P<") {
                return None;
            }
            while self.take()? != '>' {}
        }
        let inner = self.alternatives()?;
        (self.take()? == ')').then_some(if looks { Piece::Nothing } else { Piece::Group(inner) })
    }

    fn class(&mut self) -> Option<Piece> {
        let negated = self.takes("^");
        let mut set = BTreeSet::new();
        let mut wide = negated;
        let mut is_first = true;
        loop {
            let c = self.take()?;
            if c == ']' && !is_first {
                break;
            }
            is_first = false;
            let start = if c == '\\' { self.escape()? } else { Piece::One(BTreeSet::from([c])) };
            let Piece::One(one) = start else {
                wide = true;
                continue;
            };
            let low = *one.first()?;
            let is_range = self.peek() == Some('-') && self.characters.get(self.at + 1).is_some_and(|next| *next != ']');
            if !is_range {
                set.insert(low);
                continue;
            }
            self.at += 1;
            let high = match self.take()? {
                '\\' => match self.escape()? {
                    Piece::One(one) => *one.first()?,
                    _ => return None,
                },
                c => c,
            };
            if high as u32 - (low as u32).min(high as u32) > 128 {
                wide = true;
            } else {
                set.extend(low..=high);
            }
        }
        Some(if wide { Piece::Any } else { Piece::One(set) })
    }

    fn escape(&mut self) -> Option<Piece> {
        match self.take()? {
            'd' | 'w' | 's' | 'D' | 'W' | 'S' => Some(Piece::Any),
            'A' | 'Z' | 'b' | 'B' => Some(Piece::Nothing),
            'n' => Some(Piece::One(BTreeSet::from(['\n']))),
            't' => Some(Piece::One(BTreeSet::from(['\t']))),
            'r' => Some(Piece::One(BTreeSet::from(['\r']))),
            c if c.is_ascii_alphanumeric() => None,
            c => Some(Piece::One(BTreeSet::from([c]))),
        }
    }

    /// Whether what went before may be left out.
    fn quantifier(&mut self) -> Option<bool> {
        let is_optional = match self.peek() {
            Some('*' | '?') => {
                self.at += 1;
                true
            }
            Some('+') => {
                self.at += 1;
                false
            }
            Some('{') => {
                self.at += 1;
                let mut text = String::new();
                loop {
                    match self.take()? {
                        '}' => break,
                        c => text.push(c),
                    }
                }
                let least = text.split(',').next().unwrap_or_default();
                if !text.chars().all(|c| c.is_ascii_digit() || c == ',') || text.is_empty() {
                    return None;
                }
                least.is_empty() || least.trim_start_matches('0').is_empty()
            }
            _ => return Some(false),
        };
        if matches!(self.peek(), Some('?' | '+')) {
            self.at += 1;
        }
        Some(is_optional)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_how_a_match_can_begin() {
        let first = |pattern: &str| first_characters(pattern);
        assert_eq!(first(r"<!--|&amp;").as_deref(), Some("&<"));
        assert_eq!(first(r"^\s*x"), None);
        assert_eq!(first(r"(?:a|b)?c").as_deref(), Some("abc"));
        assert_eq!(first(r"[*_]{1,3}(?=\S)").as_deref(), Some("*_"));
        assert_eq!(first(r"x*"), None);
        assert_eq!(first(r"(?i)abc"), None);
        assert_eq!(first(r"(?P<n>#{1,6})[ \t]").as_deref(), Some("#"));
        assert_eq!(first(r"[^a]b"), None);
        assert_eq!(first(r"(?!x)[0-9]").as_deref(), Some("0123456789"));
    }

    #[test]
    fn tells_what_every_match_holds() {
        assert_eq!(needed_character(r"\s+://\w+").as_deref(), Some("://"));
        assert_eq!(needed_character(r"a|b"), None);
        assert_eq!(needed_character(r"\w+(x)?"), None);
        assert_eq!(needed_character(r"&(\w+);?").as_deref(), Some("&"));
    }

    #[test]
    fn tells_plain_text_from_a_pattern() {
        assert_eq!(plain_text(r"a\.b").as_deref(), Some("a.b"));
        assert_eq!(plain_text("a.b"), None);
        assert_eq!(plain_text("^a"), None);
        assert_eq!(plain_text(""), None);
    }
}
