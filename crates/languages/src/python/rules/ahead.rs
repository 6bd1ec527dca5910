//! Moving a statement that gives a value its name before the loop that leaves the value alone.

use std::ops::Range;

use tree_sitter::Node;

use super::known::{Known, covers, is_binding};
use crate::python::{
    edit::with_leading_comments,
    syntax::{self, ancestors, descendants},
};

/// A statement on its way before a loop.
pub(super) struct Moved {
    pub edits: Vec<(Range<usize>, String)>,
    /// The name that it binds.
    pub name: String,
}

/// The name that a statement gives to an expression's value, if nothing else of the function binds it.
pub(super) fn own_name<'a>(known: &Known<'a>, value: Node<'a>) -> Option<&'a str> {
    let assignment = value.parent().filter(|parent| parent.kind() == "assignment" && parent.child_by_field_name("right") == Some(value))?;
    let left = assignment.child_by_field_name("left").filter(|left| left.kind() == "identifier")?;
    let name = known.of(left);
    let bindings = known.occurrences(name).into_iter().filter(|node| is_binding(*node)).count();
    (bindings == 1 && known.is_local(name) && !known.parameters().contains(&name)).then_some(name)
}

/// The edits that move `name = value` before `point`, a loop around it, and the name; nothing where the statement may not run
/// on every turn, where its name is read elsewhere than behind it in the loop, and where it would leave nothing or lose a
/// comment.
pub(super) fn moved(known: &Known<'_>, value: Node<'_>, point: Node<'_>) -> Option<Moved> {
    let name = own_name(known, value)?;
    let statement = value.parent()?.parent().filter(|statement| statement.kind() == "expression_statement")?;
    let is_on_every_turn = ancestors(statement)
        .take_while(|outer| outer.id() != point.id())
        .all(|outer| matches!(outer.kind(), "block" | "for_statement" | "while_statement"));
    let is_read_behind = |node: &Node<'_>| covers(point, *node) && node.start_byte() > statement.end_byte();
    let reads = known.occurrences(name).into_iter().filter(|node| !is_binding(*node));
    let is_alone = statement.parent().is_some_and(|block| block.named_child_count() == 1);
    let lines = whole_lines(known, statement)?;
    if !is_on_every_turn || is_alone || !reads.into_iter().all(|node| is_read_behind(&node)) {
        return None;
    }
    let text = known.source.text();
    let (inner, outer) = (syntax::indentation(text, statement.start_byte()), syntax::indentation(text, point.start_byte()));
    let moved = text[lines.clone()].trim().replace(&format!("\n{inner}"), &format!("\n{outer}"));
    let place = with_leading_comments(known.source, point);
    let edits = vec![(place..place, format!("{moved}\n{outer}")), (lines, String::new())];
    Some(Moved { edits, name: name.to_owned() })
}

/// The lines that a statement and the comments above it fill, with the last line's end; nothing where they hold anything else,
/// or a text of several lines, which another margin would change.
fn whole_lines(known: &Known<'_>, statement: Node<'_>) -> Option<Range<usize>> {
    let text = known.source.text();
    let margin = syntax::indentation(text, statement.start_byte());
    let mut start = text[..statement.start_byte()].rfind('\n')? + 1;
    let end = text[statement.end_byte()..].find('\n')? + statement.end_byte();
    let is_whole = text[start..statement.start_byte()].trim().is_empty() && text[statement.end_byte()..end].trim().is_empty();
    let is_long_text = |node: &Node<'_>| node.kind() == "string" && known.of(*node).contains('\n');
    if !is_whole || descendants(statement).iter().any(is_long_text) {
        return None;
    }
    // By their text: the first comment of a block is no part of it.
    while let Some(above) = text[..start].trim_end_matches('\n').rfind('\n').map(|newline| newline + 1) {
        let is_comment =
            text[above..start].strip_prefix(margin).is_some_and(|line| line.starts_with('#')) && !text[..start].ends_with("\n\n");
        if !is_comment {
            break;
        }
        start = above;
    }
    Some(start..end + 1)
}
