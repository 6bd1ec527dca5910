//! Fills the placeholders of a rewrite: `$X` and `$$$XS`, with parentheses where they are needed
//! and lines moved to where they land.

use std::{collections::BTreeMap, ops::Range};

/// What a placeholder stands for.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    pub text: String,
    /// Where it stands in the source, if it is a piece of it.
    pub range: Option<Range<usize>>,
    /// The syntax node's kind; empty for made-up text.
    pub kind: String,
    /// Indentation of the line on which it starts.
    pub margin: String,
}

/// Placeholders by name.
pub type Bindings = BTreeMap<String, Bound>;

/// Fills `template`; `None` if it names a placeholder that is not bound.
pub fn fill(template: &str, bindings: &Bindings, unit: &str) -> Option<String> {
    let lines: Option<Vec<String>> = template.trim_end().lines().map(|line| fill_line(line, bindings, unit)).collect();
    Some(lines?.join("\n"))
}

fn fill_line(line: &str, bindings: &Bindings, unit: &str) -> Option<String> {
    let content = line.trim_start_matches(' ');
    let depth = (line.len() - content.len()) / 4;
    let margin = unit.repeat(depth);
    let mut filled = margin.clone();
    let mut at = 0;
    for (start, end, name) in placeholders(content) {
        filled.push_str(&content[at..start]);
        let bound = bindings.get(name)?;
        let text = move_lines(&bound.text, &bound.margin, &margin);
        if needs_parentheses(&bound.kind, &content[..start], &content[end..]) {
            filled.push_str(&format!("({text})"));
        } else {
            filled.push_str(&text);
        }
        at = end;
    }
    filled.push_str(&content[at..]);
    Some(filled)
}

/// Names of the placeholders in a template.
pub fn names(template: &str) -> Vec<&str> {
    placeholders(template).into_iter().map(|(_, _, name)| name).collect()
}

fn placeholders(text: &str) -> Vec<(usize, usize, &str)> {
    let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find('$').map(|offset| at + offset) {
        let name_start = start + bytes[start..].iter().take_while(|byte| **byte == b'$').count();
        let name_end = name_start + bytes[name_start..].iter().take_while(|byte| is_name(**byte)).count();
        if name_end > name_start {
            found.push((start, name_end, &text[name_start..name_end]));
        }
        at = name_end.max(start + 1);
    }
    found
}

/// Moves the lines after the first from one indentation to another.
fn move_lines(text: &str, from: &str, to: &str) -> String {
    text.split('\n')
        .enumerate()
        .map(|(index, line)| if index == 0 { line.to_owned() } else { format!("{to}{}", line.strip_prefix(from).unwrap_or(line)) })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Whether an expression of this kind needs parentheses between these texts.
pub fn needs_parentheses(kind: &str, before: &str, after: &str) -> bool {
    let strength = match kind {
        "pattern_list" | "expression_list" => 0,
        "conditional_expression" | "lambda" | "named_expression" | "yield" => 1,
        "boolean_operator" => 2,
        "not_operator" | "comparison_operator" => 3,
        "binary_operator" | "unary_operator" | "await" => 4,
        _ => return false,
    };
    if after.starts_with(['.', '[', '(']) {
        return true;
    }
    let (before, after) = (before.trim_end(), after.trim_start());
    let last_word = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let first_word = after.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    if last_word == "for" {
        return false;
    }
    let opened = before.is_empty()
        || before.ends_with(['(', '[', '{', ',', ':'])
        || before.ends_with('=') && !before.ends_with("==")
        || last_word == "return"
        || last_word == "yield";
    let closed = after.is_empty() || after.starts_with([')', ']', '}', ',', ':']);
    match strength {
        0 => !(before.is_empty() || before.ends_with('=') || last_word == "return") || !after.is_empty() && !after.starts_with(['=', ':']),
        _ if opened && (closed || first_word == "for") => false,
        1 => !(opened && closed || last_word == "in" && after == ":"),
        2 => {
            !(matches!(last_word, "if" | "in" | "while") && (closed || matches!(first_word, "for" | "if" | "else"))
                || opened && matches!(first_word, "if" | "for"))
        }
        3 => {
            let compares = |word: &str| matches!(word, "in" | "is" | "not");
            let symbol = |c: char| "+-*/%@&|^<>~=!".contains(c);
            compares(last_word) && !(last_word == "in" && closed)
                || compares(first_word)
                || before.ends_with(symbol) && !opened
                || after.starts_with(symbol)
        }
        _ => {
            let symbol = |c: char| "+-*/%@&|^<>~".contains(c);
            before.ends_with(symbol) || after.starts_with(symbol)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(text: &str, kind: &str) -> Bound {
        Bound { text: text.into(), kind: kind.into(), ..Bound::default() }
    }

    #[test]
    fn fills_with_parentheses_only_where_python_needs_them() {
        let bindings = Bindings::from([
            ("A".to_owned(), bound("a + b", "binary_operator")),
            ("B".to_owned(), bound("x if y else z", "conditional_expression")),
            ("T".to_owned(), bound("k, v", "pattern_list")),
        ]);
        let fill = |template: &str| fill(template, &bindings, "    ").expect("all bound");
        assert_eq!(fill("$A.x"), "(a + b).x");
        assert_eq!(fill("f($A, $B)"), "f(a + b, x if y else z)");
        assert_eq!(fill("[$B for $T in $B if $A]"), "[x if y else z for k, v in (x if y else z) if a + b]");
        assert_eq!(fill("out.append($T)"), "out.append((k, v))");
        assert_eq!(fill("n = $A * 2"), "n = (a + b) * 2");
    }

    #[test]
    fn lines_move_with_their_placeholder() {
        let bindings =
            Bindings::from([("BODY".to_owned(), Bound { text: "a\n        b".into(), margin: "        ".into(), ..Bound::default() })]);
        assert_eq!(fill("for x in y:\n    $$$BODY", &bindings, "  ").as_deref(), Some("for x in y:\n  a\n  b"));
        assert_eq!(fill("$NOTHING", &bindings, "  "), None);
    }
}
