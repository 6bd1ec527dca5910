//! Finds the places where a rule's patterns match, and writes the change for each.

use std::{borrow::Cow, collections::BTreeSet, ops::Range};

use ast_grep_core::{
    Matcher, Node as Ast, Pattern,
    meta_var::{MetaVarEnv, MetaVariable},
    tree_sitter::StrDoc,
};
use ast_grep_language::SupportLang;
use tree_sitter::Node;

use super::{
    ahead::{self, Moved},
    conditions::{self, Condition},
    known::Known,
    rule::Try,
    template::{self, Bindings, Bound},
};
use crate::python::{edit::with_leading_comments, syntax};

type Doc = StrDoc<SupportLang>;
type Env<'t> = MetaVarEnv<'t, Doc>;

/// One change of a target: all of it or nothing.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The place that gave rise to it.
    pub at: Range<usize>,
    pub edits: Vec<(Range<usize>, String)>,
    pub imports: Vec<String>,
    /// Private statements for the module.
    pub module: Vec<String>,
    /// Names that it makes up.
    pub names: Vec<String>,
    /// How deep in loops the place lies.
    pub depth: usize,
    /// Weight by what was observed: 1 where nothing is known.
    pub weight: f64,
}

/// A compiled [`Try`].
pub(super) struct Matching {
    patterns: Vec<Pattern>,
    /// The patterns as syntax trees, with names for placeholders.
    shapes: Vec<syntax::Source>,
    conditions: Vec<Condition>,
    written: Try,
}

impl Matching {
    /// Compiles the patterns and conditions.
    pub(super) fn compile(written: &Try) -> Result<Self, String> {
        let patterns = written.pattern.texts().into_iter().map(compile).collect::<Result<_, _>>()?;
        let conditions = written.conditions.iter().map(|text| Condition::parse(text)).collect::<Result<_, _>>()?;
        let shapes = written.pattern.texts().into_iter().map(|text| syntax::Source::parse(text.replace('$', "µ"))).collect();
        Ok(Self { patterns, shapes, conditions, written: written.clone() })
    }

    /// Every change that this try proposes for a target.
    pub(super) fn changes(&self, known: &Known<'_>) -> Vec<Change> {
        let text = known.of(known.function);
        if !self.patterns.iter().all(|pattern| text.contains(&*pattern.fixed_string())) {
            return Vec::new();
        }
        let within = known.function.byte_range();
        let inner = known.ast.root().get_inner_node().named_descendant_for_byte_range(within.start, within.end);
        let Some(function) = inner.map(|inner| known.ast.adopt(inner)) else { return Vec::new() };
        let mut seen = BTreeSet::new();
        function
            .dfs()
            .filter(|node| within.start < node.range().start && node.range().end <= within.end)
            .filter_map(|start| self.matched(start))
            .filter(|found| seen.insert((found.range.start, found.range.end)))
            .filter_map(|found| self.change(known, found))
            .collect()
    }

    fn matched<'t>(&self, start: Ast<'t, Doc>) -> Option<Found<'t>> {
        let is_statement = start.parent().is_some_and(|parent| parent.kind() == "block");
        if self.patterns.len() > 1 && !is_statement || !start.is_named() {
            return None;
        }
        let env = Env::new();
        let mut env = Cow::Borrowed(&env);
        let mut node = start.clone();
        let mut last = start.clone();
        for (index, pattern) in self.patterns.iter().enumerate() {
            if index > 0 {
                node = std::iter::successors(node.next(), Ast::next).find(|next| next.is_named() && next.kind() != "comment")?;
            }
            try_match(pattern, &node, &mut env)?;
            let shape = &self.shapes[index];
            let statement = shape.root().named_child(0)?;
            if !has_same_blocks(shape, statement, node.get_inner_node(), &env) {
                return None;
            }
            last = node.clone();
        }
        Some(Found { range: start.range().start..last.range().end, env: env.into_owned(), is_statement })
    }

    fn change(&self, known: &Known<'_>, found: Found<'_>) -> Option<Change> {
        let node = covering(known, &found.range)?;
        let mut bindings = bindings(known, &found.env);
        let name = known.function.child_by_field_name("name").map(|name| known.of(name).to_owned()).unwrap_or_default();
        bindings.insert("FN".to_owned(), Bound { text: name, ..Bound::default() });
        let mut place = conditions::Place { known, node, range: found.range.clone(), bindings, weight: 1.0 };
        if !self.conditions.iter().all(|condition| condition.holds(&mut place)) {
            return None;
        }
        let (mut bindings, weight) = (place.bindings, place.weight);
        let names = self.make_names(known, &mut bindings);
        if let Some(Moved { edits, name }) = self.moved_ahead(known, node, &bindings) {
            let depth = known.loops(node).len();
            return Some(Change { at: found.range.clone(), edits, names: vec![name], weight, depth, ..Change::default() });
        }
        let unit = known.unit.clone();
        let margin = syntax::indentation(known.source.text(), found.range.start).to_owned();
        let rewritten = place_lines(&template::fill(&self.written.rewrite, &bindings, &unit)?, &margin);
        let rewritten = parenthesized(known.source.text(), &found, rewritten);
        let kept = kept_comments(known, &found, &self.written, &bindings, &margin)?;
        let mut change =
            Change { at: found.range.clone(), edits: vec![(found.range.clone(), kept + &rewritten)], names, weight, ..Change::default() };
        change.depth = known.loops(node).len();
        change.imports = self.written.imports.clone();
        change.module = match &self.written.module {
            Some(text) => vec![template::fill(text, &bindings, &unit)?],
            None => Vec::new(),
        };
        if let Some(before) = &self.written.before {
            change.edits.push(hoisted(known, node, before, &bindings, &unit)?);
        }
        self.go_along(known, &found.range, &bindings, &unit, &mut change)?;
        Some(change)
    }

    /// Where the match is all that a statement gives a name, and the rule would give it another before the loop: the
    /// statement itself goes there, so that no second name is left for one thing.
    fn moved_ahead(&self, known: &Known<'_>, node: Node<'_>, bindings: &Bindings) -> Option<Moved> {
        let before = self.written.before.as_ref()?;
        let (name, value) = before.split_once(" = ")?;
        let is_plain = self.written.rewrite == name && self.written.imports.is_empty() && self.written.also.is_empty();
        if !is_plain || template::fill(value, bindings, &known.unit)?.trim() != known.of(node) {
            return None;
        }
        let point = hoist_point(known, node, before, bindings)?;
        ahead::moved(known, node, point)
    }

    fn make_names(&self, known: &Known<'_>, bindings: &mut Bindings) -> Vec<String> {
        let mut taken = BTreeSet::new();
        for (placeholder, shape) in &self.written.names {
            let name = known.fresh(&shaped(shape, bindings), &taken);
            taken.insert(name.clone());
            bindings.insert(placeholder.clone(), Bound { text: name, ..Bound::default() });
        }
        taken.into_iter().collect()
    }

    /// The rewrites in the rest of the function; fails if one would lie inside the match.
    fn go_along(&self, known: &Known<'_>, at: &Range<usize>, bindings: &Bindings, unit: &str, change: &mut Change) -> Option<()> {
        for also in &self.written.also {
            let pattern = compile(&bind_pattern(&also.pattern, bindings)).ok()?;
            let within = known.function.byte_range();
            for node in known.ast.root().dfs().filter(|node| node.is_named() && within.contains(&node.range().start)) {
                let env = Env::new();
                let mut env = Cow::Borrowed(&env);
                if try_match(&pattern, &node, &mut env).is_none() {
                    continue;
                }
                if node.kind() == "expression_statement" && !also.pattern.contains('=') {
                    continue;
                }
                if at.contains(&node.range().start) {
                    return None;
                }
                let mut own = bindings.clone();
                own.extend(self::bindings(known, &env));
                let margin = line_margin(known.source.text(), node.range().start);
                change.edits.push((node.range(), place_lines(&template::fill(&also.rewrite, &own, unit)?, margin)));
            }
        }
        Some(())
    }
}

struct Found<'t> {
    range: Range<usize>,
    env: Env<'t>,
    is_statement: bool,
}

fn compile(text: &str) -> Result<Pattern, String> {
    let pattern = Pattern::try_new(text.trim_end(), SupportLang::Python).map_err(|error| format!("pattern `{text}`: {error}"))?;
    if pattern.has_error() { Err(format!("pattern `{text}` is no Python")) } else { Ok(pattern) }
}

/// Matches a statement, or the expression that is all of it.
fn try_match<'t>(pattern: &Pattern, node: &Ast<'t, Doc>, env: &mut Cow<'_, Env<'t>>) -> Option<()> {
    if pattern.match_node_with_env(node.clone(), env).is_some() {
        return Some(());
    }
    let only = (node.kind() == "expression_statement").then(|| node.child(0))??;
    pattern.match_node_with_env(only, env).map(|_| ())
}

/// Whether the blocks of a match hold as many statements as those of the pattern, and no clause
/// more: a pattern alone also matches a block that goes on after its last statement.
fn has_same_blocks(shape: &syntax::Source, pattern: Node<'_>, found: Node<'_>, env: &Env<'_>) -> bool {
    let is_solid = |node: &Node<'_>| node.kind() != "comment";
    if pattern.kind() != "block" {
        let (wanted, there) = (parts(pattern), parts(found));
        let is_compound = pattern.kind() == found.kind() && !wanted.is_empty();
        return !is_compound
            || wanted.len() == there.len() && wanted.into_iter().zip(there).all(|(one, other)| has_same_blocks(shape, one, other, env));
    }
    let wanted: Vec<Node<'_>> = syntax::named_children(pattern).into_iter().filter(is_solid).collect();
    let there: Vec<Node<'_>> = syntax::named_children(found).into_iter().filter(is_solid).collect();
    let many = wanted.iter().find_map(|node| shape.of(*node).strip_prefix("µµµ"));
    match many {
        Some(_) if wanted.len() == 1 => true,
        Some(name) => {
            let taken = env.get_multiple_matches(name).iter().filter(|node| node.is_named() && node.kind() != "comment").count();
            wanted.len() - 1 + taken == there.len()
        }
        None if wanted.len() == 1
            && shape.of(wanted[0]).starts_with('µ')
            && wanted[0].named_child_count() <= 1
            && is_placeholder(shape.of(wanted[0])) =>
        {
            true
        }
        None => wanted.len() == there.len() && wanted.into_iter().zip(there).all(|(one, other)| has_same_blocks(shape, one, other, env)),
    }
}

/// The blocks and clauses of a compound statement.
fn parts(node: Node<'_>) -> Vec<Node<'_>> {
    let is_part = |child: &Node<'_>| match child.kind() {
        "for_in_clause" | "if_clause" => false,
        kind => kind == "block" || kind.ends_with("_clause"),
    };
    syntax::named_children(node).into_iter().filter(is_part).collect()
}

fn is_placeholder(text: &str) -> bool {
    text.trim_start_matches('µ').chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn bindings(known: &Known<'_>, env: &Env<'_>) -> Bindings {
    let text = known.source.text();
    let bound = |range: Range<usize>, kind: &str| Bound {
        text: text[range.clone()].to_owned(),
        margin: line_margin(text, range.start).to_owned(),
        kind: kind.to_owned(),
        range: Some(range),
    };
    env.get_matched_variables()
        .filter_map(|variable| match variable {
            MetaVariable::Capture(name, _) => {
                let node = env.get_match(&name)?;
                Some((name, bound(node.range(), &node.kind())))
            }
            MetaVariable::MultiCapture(name) => {
                let nodes = env.get_multiple_matches(&name);
                let filled = match (nodes.first(), nodes.last()) {
                    (Some(first), Some(last)) => bound(first.range().start..last.range().end, ""),
                    _ => Bound::default(),
                };
                Some((name, filled))
            }
            _ => None,
        })
        .collect()
}

/// The whitespace at the start of the line of `at`.
fn line_margin(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = &text[start..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The node that a match covers, or the first of several statements.
fn covering<'a>(known: &Known<'a>, range: &Range<usize>) -> Option<Node<'a>> {
    known.node(range).or_else(|| {
        let first = known.source.root().named_descendant_for_byte_range(range.start, range.start)?;
        known.statement(first)
    })
}

/// Puts the margin before every line but the first.
fn place_lines(text: &str, margin: &str) -> String {
    text.lines()
        .enumerate()
        .map(|(index, line)| if index == 0 || line.is_empty() { line.to_owned() } else { format!("{margin}{line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

/// Comments that the rewrite would lose, as lines above it; `None` if they can't be kept.
fn kept_comments(known: &Known<'_>, found: &Found<'_>, written: &Try, bindings: &Bindings, margin: &str) -> Option<String> {
    let kept: Vec<&Range<usize>> =
        template::names(&written.rewrite).into_iter().filter_map(|name| bindings.get(name)?.range.as_ref()).collect();
    let lost: Vec<&str> = syntax::descendants(known.function)
        .into_iter()
        .filter(|node| node.kind() == "comment" && found.range.contains(&node.start_byte()))
        .filter(|node| !kept.iter().any(|range| range.contains(&node.start_byte())))
        .map(|node| known.of(node))
        .collect();
    if !lost.is_empty() && !found.is_statement {
        return None;
    }
    Some(lost.into_iter().map(|comment| format!("{comment}\n{margin}")).collect())
}

/// The statement before the loops, with its place.
fn hoisted(known: &Known<'_>, node: Node<'_>, before: &str, bindings: &Bindings, unit: &str) -> Option<(Range<usize>, String)> {
    let statement = hoist_point(known, node, before, bindings)?;
    let margin = syntax::indentation(known.source.text(), statement.start_byte());
    let place = with_leading_comments(known.source, statement);
    let text = place_lines(&template::fill(before, bindings, unit)?, margin);
    Some((place..place, format!("{text}\n{margin}")))
}

fn hoist_point<'a>(known: &Known<'a>, node: Node<'a>, before: &str, bindings: &Bindings) -> Option<Node<'a>> {
    let node = known.node(&node.byte_range())?;
    let needs: Vec<Node<'_>> = template::names(before)
        .into_iter()
        .filter_map(|name| bindings.get(name)?.range.clone())
        .filter_map(|range| known.node(&range))
        .collect();
    known.hoist_point(node, &needs)
}

/// Puts parentheses around an expression where its new surroundings bind stronger.
fn parenthesized(text: &str, found: &Found<'_>, rewritten: String) -> String {
    if found.is_statement {
        return rewritten;
    }
    let parsed = syntax::Source::parse(rewritten.as_str());
    let kind = parsed.root().named_child(0).and_then(|statement| statement.named_child(0)).map_or("", |node| node.kind());
    let line_start = text[..found.range.start].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[found.range.end..].find('\n').map_or(text.len(), |newline| found.range.end + newline);
    let (before, after) = (&text[line_start..found.range.start], &text[found.range.end..line_end]);
    if template::needs_parentheses(kind, before, after) { format!("({rewritten})") } else { rewritten }
}

/// A made-up name: `{X}` is the last name in what `X` stands for.
fn shaped(shape: &str, bindings: &Bindings) -> String {
    let is_constant = shape.chars().filter(|c| c.is_alphabetic()).any(char::is_uppercase) && shape.starts_with('_');
    let mut name = shape.to_owned();
    for (placeholder, bound) in bindings {
        let words: Vec<&str> = bound
            .text
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()))
            .collect();
        let word = words.last().map_or("value", |word| word.trim_matches('_'));
        let word = if is_constant { word.to_uppercase() } else { word.to_owned() };
        name = name.replace(&format!("{{{placeholder}}}"), &word);
    }
    name
}

/// Puts what is bound into a pattern.
fn bind_pattern(pattern: &str, bindings: &Bindings) -> String {
    let mut bound: Vec<_> = bindings.iter().collect();
    bound.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    bound.into_iter().fold(pattern.to_owned(), |text, (name, bound)| text.replace(&format!("${name}"), &bound.text))
}
