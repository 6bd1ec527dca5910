//! Indentation: taking it off, putting it on, and turning one habit into another.

use std::ops::Range;

use super::syntax::{Source, string_interiors};

/// Takes the common indentation off; what stands inside multi-line strings keeps its whitespace.
pub(super) fn dedent(text: &str) -> String {
    let text = text.trim_start_matches('\n').trim_end();
    let Some(first) = text.lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) else {
        return format!("{text}\n");
    };
    let margin = &first[..first.len() - first.trim_start().len()];
    if margin.is_empty() {
        return format!("{text}\n");
    }
    let wrapped = Source::parse(format!("if 1:\n{text}\n"));
    let shift = "if 1:\n".len();
    let interiors: Vec<Range<usize>> =
        string_interiors(&wrapped).into_iter().map(|range| range.start.saturating_sub(shift)..range.end.saturating_sub(shift)).collect();
    map_lines(text, &interiors, |line| line.strip_prefix(margin).unwrap_or(line.trim_start()).to_owned())
}

/// Puts `margin` before every line but the first, with the file's own unit of indentation.
pub(super) fn indent(text: &str, margin: &str, unit: &str) -> String {
    let parsed = Source::parse(text);
    let interiors = string_interiors(&parsed);
    let own = unit_of(&parsed).unwrap_or_else(|| unit.to_owned());
    let mut first = true;
    let indented = map_lines(text, &interiors, |line| {
        let line = if own == unit { line.to_owned() } else { change_unit(line, &own, unit) };
        let starts = std::mem::take(&mut first);
        if starts || line.trim().is_empty() { line.trim_end().to_owned() } else { format!("{margin}{line}") }
    });
    indented.trim_end().to_owned()
}

/// The smallest indentation of a text: its unit.
pub(crate) fn unit_of(blocks: &Source) -> Option<String> {
    let text = blocks.text();
    super::syntax::descendants(blocks.root())
        .into_iter()
        .filter(|node| node.kind() == "block" && node.start_position().row > node.parent().map_or(0, |parent| parent.start_position().row))
        .filter_map(|block| {
            let own = super::syntax::indentation(text, block.start_byte());
            let outer = block.parent().map_or("", |parent| super::syntax::indentation(text, parent.start_byte()));
            own.strip_prefix(outer).filter(|unit| !unit.is_empty()).map(str::to_owned)
        })
        .min_by_key(String::len)
}

fn change_unit(line: &str, from: &str, to: &str) -> String {
    let mut rest = line;
    let mut depth = 0;
    while let Some(shorter) = rest.strip_prefix(from) {
        rest = shorter;
        depth += 1;
    }
    format!("{}{rest}", to.repeat(depth))
}

/// Changes the lines that start outside `interiors`.
fn map_lines(text: &str, interiors: &[Range<usize>], mut change: impl FnMut(&str) -> String) -> String {
    let mut at = 0;
    let mut changed = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        if interiors.iter().any(|range| range.contains(&at)) {
            changed.push_str(content)
        } else {
            changed.push_str(&change(content))
        }
        changed.push('\n');
        at += line.len();
    }
    changed
}
