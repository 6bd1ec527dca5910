//! Named conditions of rules: what has to hold of a match before its rewrite may be tried.
//!
//! A condition on something that was not observed does not stand in the way: every try is
//! verified later. It only lowers the weight by which tries are ranked.

use std::{collections::BTreeMap, ops::Range, sync::LazyLock};

use tree_sitter::Node;
use whetstone_core::observed::What;

use super::{known::Known, regex, shapes, template::Bindings, template::Bound};
use crate::python::syntax::{self, descendants};

/// A match under judgement; conditions may bind further placeholders.
pub struct Place<'a> {
    pub known: &'a Known<'a>,
    /// What the pattern matched, or its first statement.
    pub node: Node<'a>,
    pub range: Range<usize>,
    pub bindings: Bindings,
    pub weight: f64,
}

type Test = fn(&mut Place<'_>, &[String]) -> Option<bool>;

/// A condition with its arguments.
pub struct Condition {
    test: Test,
    arguments: Vec<String>,
    is_negated: bool,
    /// Whether it asks for what was observed, and so may not be known.
    is_observed: bool,
}

/// Conditions that may hold without being known to.
const OBSERVED: &[&str] =
    &["type", "mostly-false", "mostly-true", "mostly-empty", "rarely-raises", "often-raises", "mostly-unchanged", "repeats"];

impl Condition {
    /// Reads `name(A, B)`, or `!name(A)` for the opposite.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (is_negated, rest) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        let (name, arguments) = rest.trim_end_matches(')').split_once('(').unwrap_or((rest, ""));
        let (_, test, _) = ALL.iter().find(|(known, _, _)| *known == name).ok_or_else(|| {
            let names: Vec<&str> = ALL.iter().map(|(name, _, _)| *name).collect();
            format!("there is no condition `{name}`: one of {} is expected", names.join(", "))
        })?;
        let arguments = arguments.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect();
        Ok(Self { test: *test, arguments, is_negated, is_observed: OBSERVED.contains(&name) })
    }

    /// Whether it holds; what was not observed holds either way.
    pub fn holds(&self, place: &mut Place<'_>) -> bool {
        match (self.test)(place, &self.arguments) {
            Some(holds) => holds != self.is_negated,
            None if self.is_observed => {
                place.weight *= 0.8;
                true
            }
            None => false,
        }
    }
}

/// Every condition: its name, its test, its meaning for the documentation.
pub const ALL: &[(&str, Test, &str)] = &[
    ("name", |p, a| Some(p.node(a, 0)?.kind() == "identifier"), "is a plain name"),
    ("simple", |p, a| Some(p.nodes(a).into_iter().all(shapes::is_simple)), "is a name, a constant or attributes of them"),
    ("constant", |p, a| Some(p.nodes(a).into_iter().all(shapes::is_constant)), "is made of literals"),
    ("string", |p, a| Some(shapes::string_value(p.known, p.bound_node(a, 0)?).is_some()), "is a string literal without fields"),
    (
        "character",
        |p, a| Some(shapes::string_value(p.known, p.bound_node(a, 0)?).is_some_and(|text| text.chars().count() == 1)),
        "is a string literal of one character",
    ),
    ("characters", characters, "is a constant string that is not empty, or a collection of single characters"),
    ("local", |p, a| Some(p.texts(a).iter().all(|name| p.known.is_local(name))), "is the function's own variable"),
    ("pure", |p, a| Some(p.nodes(a).into_iter().all(|node| shapes::is_pure(p.known, node))), "calls nothing that could have an effect"),
    ("invariant", invariant, "stays the same while the loop runs"),
    ("in-loop", |p, _| Some(!p.known.loops(p.node).is_empty()), "the match is repeated by a loop or comprehension"),
    ("uses", uses, "is used only in the ways listed"),
    ("unused-after", |p, a| Some(p.texts(a).iter().all(|name| !p.read_after(name))), "is not read after the match"),
    ("absent", absent, "does not occur in the second"),
    (
        "unchanged-in",
        |p, a| {
            let around = p.node(a, 1)?;
            Some(!p.known.is_changed_in(&p.texts(a)[0], around) && !p.known.bound_in(around).contains(p.texts(a)[0].as_str()))
        },
        "is not changed by the second",
    ),
    ("type", |p, a| p.type_among(a), "is of one of the built-in types listed, written or observed"),
    ("known-type", |p, a| Some(p.type_among(a).unwrap_or(false)), "is certainly of one of the built-in types listed"),
    ("module", |p, a| Some(p.known.is_module(&p.texts(a)[0], a.get(1)?)), "is the imported module"),
    ("imported", imported, "is the imported thing"),
    (
        "builtin",
        |p, a| {
            let _ = &p;
            Some(a.iter().all(|name| p.known.is_builtin(name)))
        },
        "is Python's own built-in",
    ),
    (
        "plain-body",
        |p, a| Some(p.range_of(a, 0).is_some_and(|range| shapes::is_plain(p.known, &range))),
        "has no break, continue, return, yield or nested definition",
    ),
    (
        "lines",
        |p, a| {
            Some(
                p.range_of(a, 0).is_some_and(|range| {
                    p.known.source.text()[range].lines().count() <= a.get(1).and_then(|n| n.parse().ok()).unwrap_or(1)
                }),
            )
        },
        "has at most so many lines",
    ),
    (
        "not-async",
        |p, _| Some(!descendants(p.node).iter().any(|node| matches!(node.kind(), "await" | "async" | "yield" | "named_expression"))),
        "has no await, yield or walrus",
    ),
    ("mostly-false", |p, a| p.branch(a).map(|(taken, not)| not > taken), "was false more often than true"),
    ("mostly-true", |p, a| p.branch(a).map(|(taken, not)| taken > not), "was true more often than false"),
    (
        "mostly-empty",
        |p, a| {
            let values = p.known.values(p.bound_node(a, 0)?)?;
            (values.sized > 0).then(|| values.empty * 2 > values.sized)
        },
        "was empty more often than not",
    ),
    ("rarely-raises", |p, a| p.raise_rate(a).map(|rate| rate < 0.2), "raised in fewer than one of five runs"),
    ("often-raises", |p, a| p.raise_rate(a).map(|rate| rate >= 0.05), "raised in at least one of twenty runs"),
    (
        "mostly-unchanged",
        |p, _| match p.known.observed(p.node) {
            Some(What::Call { count, returns_argument, .. }) => Some(returns_argument * 2 > *count),
            _ => None,
        },
        "the call gave back its argument more often than not",
    ),
    (
        "has-use",
        |p, a| {
            let name = p.texts(a).first()?.clone();
            Some(
                p.known
                    .occurrences(&name)
                    .into_iter()
                    .any(|one| shapes::use_of(p.known, one).is_some_and(|kind| kind == "pop-first" || kind == "insert-first")),
            )
        },
        "is taken from or filled at its front",
    ),
    (
        "used",
        |p, a| {
            let name = p.texts(a).first()?.clone();
            let kinds: Vec<String> = p.known.occurrences(&name).into_iter().filter_map(|one| shapes::use_of(p.known, one)).collect();
            Some(a[1..].iter().all(|wanted| kinds.contains(wanted)))
        },
        "is used in each of the ways listed",
    ),
    ("asked-in-loop", |p, a| Some(p.is_asked_in_loop(a)), "is searched by `in` within a loop"),
    ("filled", |p, a| Some(shapes::is_filled(p.node(a, 0)?)), "is written out with at least one item"),
    ("bound-once", |p, a| Some(p.is_bound_once(a)), "is assigned once in this function"),
    (
        "one-of",
        |p, a| {
            let texts = p.texts(a);
            Some(texts[1..].contains(&texts[0]))
        },
        "is one of those listed",
    ),
    (
        "is-key",
        |p, _| {
            Some(p.node.parent().is_some_and(|parent| {
                parent.kind() == "keyword_argument" && parent.child_by_field_name("name").is_some_and(|name| p.known.of(name) == "key")
            }))
        },
        "is given as `key=`",
    ),
    (
        "unbound-in",
        |p, a| {
            let name = p.texts(a)[0].clone();
            let range = p.range_of(a, 1)?;
            Some(!p.known.occurrences(&name).into_iter().any(|one| range.contains(&one.start_byte()) && super::known::is_binding(one)))
        },
        "is not assigned in the second",
    ),
    (
        "iterated",
        |p, a| {
            let clause = p.node.parent().filter(|parent| {
                matches!(parent.kind(), "for_statement" | "for_in_clause") && parent.child_by_field_name("right") == Some(p.node)
            });
            let outer = clause.and_then(|clause| if clause.kind() == "for_in_clause" { clause.parent() } else { Some(clause) });
            Some(outer.filter(|outer| outer.kind() != "generator_expression").is_some_and(|outer| {
                p.texts(a).iter().all(|name| !p.known.is_changed_in(name.split(['.', '(']).next().unwrap_or(name), outer))
            }))
        },
        "is what a loop or comprehension runs over, and it is not changed there",
    ),
    (
        "guarded",
        |p, a| {
            let name = p.texts(a)[0].clone();
            let text = p.known.of(p.known.function);
            Some([format!("if not {name}"), format!("if {name}:"), format!("len({name})")].iter().any(|guard| text.contains(guard)))
        },
        "was tested for being empty",
    ),
    ("empty", |p, a| Some(shapes::string_value(p.known, p.bound_node(a, 0)?).is_some_and(|text| text.is_empty())), "is the empty string"),
    (
        "many-constants",
        |p, a| {
            let range = p.range_of(a, 0)?;
            Some(shapes::many_constants(p.known, &range))
        },
        "are eight or more string or number literals",
    ),
    ("has-items", |p, a| Some(!p.texts(a)[0].is_empty()), "has at least one item"),
    (
        "has-empty",
        |p, a| {
            let name = p.texts(a)[0].clone();
            Some(p.known.occurrences(&name).into_iter().any(|one| shapes::use_of(p.known, one).as_deref() == Some("empty")))
        },
        "begins empty in this function",
    ),
    (
        "outside-iterable",
        |p, _| Some(!p.node.parent().is_some_and(|parent| parent.kind() == "for_statement" || parent.kind() == "for_in_clause")),
        "is not what a loop runs over",
    ),
    ("costly", |p, a| Some(descendants(p.node(a, 0)?).iter().any(|node| node.kind() == "call")), "makes a call"),
    (
        "cheap",
        |p, a| {
            Some(!descendants(p.node(a, 0)?).iter().any(|node| matches!(node.kind(), "call" | "subscript" | "await" | "named_expression")))
        },
        "makes no call and takes no item",
    ),
    (
        "assigned-to",
        |p, a| {
            let left = p.node.parent().filter(|parent| parent.kind() == "assignment").and_then(|parent| parent.child_by_field_name("left"));
            Some(left.is_some_and(|left| p.known.of(left) == p.texts(a)[0]))
        },
        "its value is assigned to the same name",
    ),
    ("unshared", |p, a| Some(!p.share_names(p.node(a, 0)?, p.node(a, 1)?)), "reads no name that the second reads"),
    (
        "no-mapping",
        |p, a| {
            let name = p.texts(a)[0].clone();
            let used = |one| shapes::use_of(p.known, one);
            Some(
                !p.known
                    .occurrences(&name)
                    .into_iter()
                    .filter_map(used)
                    .any(|kind| matches!(kind.as_str(), "get" | "items" | "keys" | "values" | "setdefault" | "add" | "discard")),
            )
        },
        "is not used like a dictionary or set",
    ),
    (
        "repeats",
        |p, _| {
            let seen = p.known.observations?;
            (seen.sampled > 0).then(|| !seen.sketch_full && seen.distinct_arguments * 2 < seen.sampled)
        },
        "the target's arguments repeat",
    ),
    (
        "distinct",
        |p, a| {
            let texts = p.texts(a);
            Some(texts.iter().enumerate().all(|(index, text)| !texts[..index].contains(text)))
        },
        "are different texts",
    ),
    (
        "same-text",
        |p, a| {
            let texts = p.texts(a);
            Some(texts.windows(2).all(|pair| pair[0] == pair[1]))
        },
        "are the same text",
    ),
    ("at-least", |p, a| Some(p.node(a, 0)?.named_child_count() >= a.get(1)?.parse().ok()?), "has at least so many items"),
    ("regex-first", |p, a| Some(p.derive(a, regex::first_characters)), "a match can only begin with few characters, which are bound"),
    ("regex-literal", |p, a| Some(p.derive(a, regex::needed_character)), "every match holds a character, which is bound"),
    ("regex-is-text", |p, a| Some(p.derive(a, regex::plain_text)), "the pattern is plain text, which is bound"),
    ("slow-check", |p, a| Some(p.slow_check(a)), "is an abstract class, for which a frequent exact type is bound"),
    ("no-parameter", |p, a| Some(p.texts(a).iter().all(|name| !p.known.parameters().contains(&name.as_str()))), "is no parameter"),
    ("module-level", |p, a| Some(p.nodes(a).into_iter().all(|node| p.reads_module_only(node))), "reads nothing of the function"),
    ("positive", |p, a| Some(p.texts(a)[0].parse::<u32>().is_ok()), "is a whole number, not negative"),
    ("not-statement", |p, _| Some(p.node.parent().is_some_and(|parent| parent.kind() != "expression_statement")), "its value is used"),
    ("as-condition", |p, _| Some(shapes::is_condition(p.node)), "only its truth is used"),
];

static MEANINGS: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| ALL.iter().map(|(name, _, meaning)| (*name, *meaning)).collect());

/// Every condition's name and meaning, for the documentation.
pub fn meanings() -> impl Iterator<Item = (&'static str, &'static str)> {
    MEANINGS.iter().map(|(name, meaning)| (*name, *meaning))
}

/// What a condition means, for the documentation.
pub fn meaning(text: &str) -> &'static str {
    let name = text.trim_start_matches('!').split('(').next().unwrap_or(text);
    MEANINGS.get(name).copied().unwrap_or_default()
}

impl<'a> Place<'a> {
    fn range_of(&self, arguments: &[String], index: usize) -> Option<Range<usize>> {
        self.bindings.get(arguments.get(index)?)?.range.clone()
    }

    fn node(&self, arguments: &[String], index: usize) -> Option<Node<'a>> {
        let argument = arguments.get(index)?;
        if argument == "MATCH" {
            return Some(self.node);
        }
        let range = self.bindings.get(argument)?.range.clone()?;
        self.known.node(&range).or_else(|| self.known.source.root().named_descendant_for_byte_range(range.start, range.end))
    }

    /// The node, or the module constant that its name stands for.
    fn bound_node(&self, arguments: &[String], index: usize) -> Option<Node<'a>> {
        let node = self.node(arguments, index)?;
        Some(shapes::resolved(self.known, node))
    }

    fn nodes(&self, arguments: &[String]) -> Vec<Node<'a>> {
        (0..arguments.len()).filter_map(|index| self.node(arguments, index)).collect()
    }

    fn texts(&self, arguments: &[String]) -> Vec<String> {
        arguments.iter().map(|argument| self.bindings.get(argument).map_or_else(|| argument.clone(), |bound| bound.text.clone())).collect()
    }

    /// Whether one of the names in `text` is read outside the match after it may have run.
    fn read_after(&self, text: &str) -> bool {
        let outside = |node: &Node<'_>| !self.range.contains(&node.start_byte());
        let repeated = self.known.loops(self.node).into_iter().any(|outer| outer.kind().ends_with("_statement"));
        let reads = |name: &str| {
            self.known.occurrences(name).into_iter().filter(outside).filter(|one| !super::known::is_binding(*one)).collect::<Vec<_>>()
        };
        let rebound = |one: &Node<'a>| self.is_rebound_by_loop(*one);
        text.split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|name| !name.is_empty())
            .any(|name| reads(name).iter().any(|one| (repeated || one.start_byte() >= self.range.end) && !rebound(one)))
    }

    /// Whether a loop or comprehension around a read, apart from the match, binds its name itself.
    fn is_rebound_by_loop(&self, read: Node<'a>) -> bool {
        self.known
            .loops(read)
            .into_iter()
            .filter(|outer| !super::known::covers(*outer, self.node))
            .any(|outer| self.known.bound_in(outer).contains(self.known.of(read)))
    }

    fn type_among(&self, arguments: &[String]) -> Option<bool> {
        let seen = self.known.type_of(self.node(arguments, 0)?)?;
        Some(arguments[1..].contains(&seen))
    }

    fn branch(&self, arguments: &[String]) -> Option<(u64, u64)> {
        let node = self.node(arguments, 0).unwrap_or(self.node);
        match self.known.observed(node)? {
            What::Branch { taken, not_taken } => Some((*taken, *not_taken)),
            _ => None,
        }
    }

    fn raise_rate(&self, arguments: &[String]) -> Option<f64> {
        let node = self.node(arguments, 0).unwrap_or(self.node);
        let (entered, raised) = match self.known.observed(node).or_else(|| self.known.observed(node.parent()?))? {
            What::Try { entered, raised } => (*entered, raised),
            What::Call { count, raised, .. } => (*count, raised),
            _ => return None,
        };
        (entered > 0).then(|| raised.iter().map(|(_, count)| *count).sum::<u64>() as f64 / entered as f64)
    }

    /// Derives a text from a pattern literal (first argument) and binds it (second argument).
    fn derive(&mut self, arguments: &[String], derive: fn(&str) -> Option<String>) -> bool {
        let [from, to, ..] = arguments else { return false };
        let Some(node) = self.bound_node(arguments, 0) else { return false };
        let Some(pattern) = shapes::pattern_value(self.known, node) else { return false };
        let Some(derived) = derive(&pattern) else { return false };
        debug_assert!(from != to);
        self.bindings.insert(to.clone(), Bound { text: shapes::literal(&derived), kind: "string".into(), ..Bound::default() });
        true
    }

    /// Binds the built-in type that is met most often where an abstract class is tested.
    fn slow_check(&mut self, arguments: &[String]) -> bool {
        let [value, class, exact] = arguments else { return false };
        let Some(class) = self.bindings.get(class).map(|bound| bound.text.clone()) else { return false };
        let Some(candidates) = shapes::exact_types(self.known, &class) else { return false };
        let value = self.bindings.get(value).and_then(|bound| bound.range.clone()).and_then(|range| self.known.node(&range));
        let seen = value
            .and_then(|node| self.known.values(node))
            .and_then(|values| values.types.first())
            .map(|(name, _)| name.trim_start_matches("builtins.").to_owned());
        let exact_type = match seen {
            Some(seen) if candidates.contains(&seen.as_str()) => seen,
            Some(_) => return false,
            None => candidates[0].to_owned(),
        };
        self.bindings.insert(exact.clone(), Bound { text: exact_type, kind: "identifier".into(), ..Bound::default() });
        true
    }

    fn is_asked_in_loop(&self, arguments: &[String]) -> bool {
        let Some(name) = self.texts(arguments).first().cloned() else { return false };
        let is_asked = |one: &Node<'a>| shapes::use_of(self.known, *one).as_deref() == Some("in") && !self.known.loops(*one).is_empty();
        self.known.occurrences(&name).iter().any(is_asked)
    }

    fn is_bound_once(&self, arguments: &[String]) -> bool {
        let bindings = |name: &String| {
            let bound = |one: &Node<'a>| super::known::is_binding(*one);
            self.known.occurrences(name).into_iter().filter(bound).count()
        };
        self.texts(arguments).iter().all(|name| bindings(name) == 1 && !self.known.parameters().contains(&name.as_str()))
    }

    fn share_names(&self, one: Node<'a>, other: Node<'a>) -> bool {
        let names = |node: Node<'a>| -> Vec<&str> {
            descendants(node).into_iter().filter(|inner| syntax::is_variable(*inner)).map(|inner| self.known.of(inner)).collect()
        };
        let first = names(one);
        names(other).iter().any(|name| first.contains(name))
    }

    fn reads_module_only(&self, node: Node<'a>) -> bool {
        let own = self.known.bound_in(self.known.function);
        let parameters = self.known.parameters();
        descendants(node)
            .into_iter()
            .filter(|one| syntax::is_variable(*one))
            .map(|one| self.known.of(one))
            .all(|name| !own.contains(name) && !parameters.contains(&name))
    }
}

fn characters(place: &mut Place<'_>, arguments: &[String]) -> Option<bool> {
    let node = place.bound_node(arguments, 0)?;
    let text = shapes::characters(place.known, node);
    if let (Some(text), Some(to)) = (&text, arguments.get(1)) {
        place.bindings.insert(to.clone(), Bound { text: shapes::literal(text), kind: "string".into(), ..Bound::default() });
        let class = format!("[{}]", regex::escape_class(text));
        let raw = if class.contains('"') || class.contains('\n') { shapes::literal(&class) } else { format!("r\"{class}\"") };
        place.bindings.insert(format!("{to}_CLASS"), Bound { text: raw, kind: "string".into(), ..Bound::default() });
    }
    Some(text.is_some_and(|text| !text.is_empty()))
}

fn invariant(place: &mut Place<'_>, arguments: &[String]) -> Option<bool> {
    let loops = place.known.loops(place.node);
    let inner = loops.first()?;
    Some(place.nodes(arguments).into_iter().all(|node| place.known.is_invariant(node, *inner)))
}

fn uses(place: &mut Place<'_>, arguments: &[String]) -> Option<bool> {
    let name = place.texts(arguments).first()?.clone();
    let allowed: Vec<&str> = arguments[1..].iter().map(String::as_str).collect();
    Some(
        place
            .known
            .occurrences(&name)
            .into_iter()
            .filter(|one| !place.range.contains(&one.start_byte()) || allowed.contains(&"everywhere"))
            .all(|one| shapes::use_of(place.known, one).is_some_and(|kind| allowed.contains(&kind.as_str()))),
    )
}

fn absent(place: &mut Place<'_>, arguments: &[String]) -> Option<bool> {
    let wanted = place.node(arguments, 0)?;
    let range = place.range_of(arguments, 1)?;
    let names: Vec<&str> =
        descendants(wanted).into_iter().filter(|node| syntax::is_variable(*node)).map(|node| place.known.of(node)).collect();
    let inside =
        descendants(place.known.function).into_iter().filter(|node| range.contains(&node.start_byte()) && syntax::is_variable(*node));
    Some(inside.into_iter().all(|node| !names.contains(&place.known.of(node))))
}

fn imported(place: &mut Place<'_>, arguments: &[String]) -> Option<bool> {
    let node = place.node(arguments, 0)?;
    let wanted = arguments.get(1)?;
    let root = super::known::root_name(node)?;
    let dotted = place.known.import_of(place.known.of(root))?;
    let rest = place.known.of(node).strip_prefix(place.known.of(root)).unwrap_or_default();
    Some(format!("{dotted}{rest}") == *wanted)
}
