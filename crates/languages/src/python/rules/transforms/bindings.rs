//! Names looked up again and again: attributes in loops, calls made twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use tree_sitter::Node;

use super::super::{
    ahead::{self, Moved},
    known::{Known, covers, root_name},
    matching::Change,
};
use crate::python::{
    edit::with_leading_comments,
    syntax::{self, ancestors, descendants, named_children, own_descendants},
};

/// Functions whose answer is used up by who takes it first.
const USED_UP: &[&str] = &[
    "map",
    "filter",
    "zip",
    "iter",
    "reversed",
    "enumerate",
    "chain",
    "from_iterable",
    "islice",
    "groupby",
    "takewhile",
    "dropwhile",
    "starmap",
    "accumulate",
    "product",
    "permutations",
    "combinations",
    "finditer",
    "scandir",
    "iterdir",
];
/// Calls that give something else each time.
const NEVER_TWICE: &[&str] = &[
    "next",
    "input",
    "pop",
    "popleft",
    "popitem",
    "read",
    "readline",
    "send",
    "recv",
    "random",
    "randint",
    "choice",
    "get_nowait",
    "append",
    "add",
    "write",
    "print",
    "time",
    "now",
    "advance",
    "consume",
    "accept",
    "shift",
    "setdefault",
    "remove",
    "discard",
    "insert",
    "update",
    "extend",
    "sort",
    "open",
    "shuffle",
    "sample",
    "uniform",
    "randrange",
    "uuid4",
    "urandom",
    "token_hex",
    "perf_counter",
    "monotonic",
    "process_time",
    "today",
    "utcnow",
    "sleep",
    "wait",
    "acquire",
    "release",
    "poll",
    "select",
    "exists",
    "is_file",
    "is_dir",
    "isfile",
    "isdir",
    "stat",
    "getsize",
    "listdir",
    "getcwd",
    "getenv",
    "execute",
    "fetchone",
    "fetchmany",
    "fetchall",
    "submit",
    "create_task",
];

/// Calls that cost less than keeping what they give, or give what is used up.
const CHEAP: &[&str] = &["len", "isinstance", "type", "hasattr", "callable", "issubclass", "range", "enumerate", "zip", "super", "iter"];

/// Looks attributes that a loop reads on each turn up once before it.
pub(super) fn loop_attribute(known: &Known<'_>) -> Vec<Change> {
    let is_looked_up = |node: Node<'_>| {
        let is_inner = node.parent().is_some_and(|parent| parent.kind() == "attribute");
        let is_stored = node.parent().is_some_and(|parent| parent.child_by_field_name("left") == Some(node));
        node.kind() == "attribute" && !is_inner && !is_stored && is_chain(node) && !known.loops(node).is_empty()
    };
    let changes: Vec<Change> = places_by_text(known, is_looked_up).into_values().filter_map(|nodes| bound_before(known, &nodes)).collect();
    together(changes).into_iter().collect()
}

/// One change of all: one by one they are not worth a try.
fn together(changes: Vec<Change>) -> Option<Change> {
    let mut names = BTreeSet::new();
    changes.into_iter().filter(|change| change.names.iter().all(|name| names.insert(name.clone()))).reduce(|mut all, change| {
        all.edits.extend(change.edits);
        all.names.extend(change.names);
        all.depth = all.depth.max(change.depth);
        all.weight = all.weight.max(change.weight);
        all
    })
}

fn is_chain(node: Node<'_>) -> bool {
    match node.kind() {
        "identifier" => true,
        "attribute" => node.child_by_field_name("object").is_some_and(is_chain),
        _ => false,
    }
}

/// Binds one attribute before the outermost loop that leaves it alone; all its places must lie in there.
fn bound_before(known: &Known<'_>, nodes: &[Node<'_>]) -> Option<Change> {
    let node = *nodes.first()?;
    let steps = known.of(node).matches('.').count();
    let is_module = root_name(node).is_some_and(|root| known.import_of(known.of(root)).is_some());
    let is_called = node.parent().is_some_and(|parent| parent.kind() == "call" && parent.child_by_field_name("function") == Some(node));
    let last = known.of(node.child_by_field_name("attribute")?);
    let is_class = last.trim_start_matches('_').starts_with(char::is_uppercase);
    let in_for = known.loops(node).iter().any(|outer| outer.kind() == "for_statement");
    let pays = steps >= 2 && (!is_module || is_called) || is_called && (is_module || nodes.len() > 1 || known.loops(node).len() > 1);
    if is_class || !in_for || !pays {
        return None;
    }
    let mut place = None;
    for outer in known.loops(node).into_iter().filter(|outer| outer.kind().ends_with("_statement")) {
        let text = known.of(node);
        let stored = own_descendants(outer).into_iter().any(|one| {
            one.kind() == "attribute"
                && one.parent().is_some_and(|parent| parent.child_by_field_name("left") == Some(one))
                && text.starts_with(known.of(one))
        });
        if !known.bound_in(outer).contains(known.of(root_name(node)?)) && !stored {
            place = Some(outer);
        } else {
            break;
        }
    }
    let outer = place?;
    let inside: Vec<Node<'_>> = nodes.iter().copied().filter(|one| covers(outer, *one)).collect();
    let name = known.fresh(last.trim_start_matches('_'), &BTreeSet::new());
    Some(Change {
        at: node.byte_range(),
        edits: bound_once(known, outer, &name, &inside),
        names: vec![name],
        depth: known.loops(node).len(),
        weight: 0.5 + 0.1 * inside.len().min(5) as f64,
        ..Change::default()
    })
}

/// Makes a call once whose value is still the same where it is made again.
pub(super) fn repeated_call(known: &Known<'_>) -> Vec<Change> {
    let places = places_by_text(known, |node| is_worth_keeping(known, node));
    let mut groups: Vec<Vec<Node<'_>>> = Vec::new();
    // Longer texts first: what is inside a call that is made once is made once with it.
    let mut texts: Vec<_> = places.into_iter().filter(|(_, places)| places.len() > 1).collect();
    texts.sort_by_key(|(text, places)| (std::cmp::Reverse(text.len()), places[0].start_byte()));
    for (_, places) in texts {
        let mut rest = places.as_slice();
        while let [first, later @ ..] = rest {
            let same = evaluated_alike(known, *first, later);
            // Also where none is alike.
            let is_inside = same.iter().all(|node| groups.iter().flatten().any(|outer| covers(*outer, *node)));
            rest = later;
            if !is_inside {
                rest = &later[same.len()..];
                groups.push(std::iter::once(*first).chain(same).collect());
            }
        }
    }
    groups.iter().filter_map(|group| made_once(known, group)).collect()
}

/// Binds calls that a loop makes with what it leaves alone before the loop.
pub(super) fn invariant_result(known: &Known<'_>) -> Vec<Change> {
    let places = places_by_text(known, |call| {
        let has_arguments = || call.child_by_field_name("arguments").is_some_and(|list| list.named_child_count() > 0);
        // A loop that asks a function whether it goes on is there because its answer changes.
        let goes_on = |outer: &Node<'_>| outer.child_by_field_name("condition").is_some_and(|condition| covers(condition, call));
        is_worth_keeping(known, call)
            && has_arguments()
            && !known.loops(call).iter().any(goes_on)
            && known.hoist_point(call, &[call]).is_some()
    });
    outermost(&places).filter_map(|calls| bound_ahead(known, calls)).collect()
}

/// Each loop that makes the call has it before itself, under one name.
fn bound_ahead(known: &Known<'_>, calls: &[Node<'_>]) -> Option<Change> {
    let call = *calls.first()?;
    let ahead_of = known.hoist_point(call, &[call])?;
    if calls.iter().all(|one| covers(ahead_of, *one))
        && let Some(Moved { mut edits, name }) = ahead::moved(known, call, ahead_of)
    {
        edits.extend(calls.iter().skip(1).map(|one| (one.byte_range(), name.clone())));
        return Some(naming(known, call, edits, name));
    }
    let name = name_for(known, call)?;
    let (mut edits, mut rest) = (Vec::new(), calls.to_vec());
    while let Some(point) = rest.first().and_then(|call| known.hoist_point(*call, &[*call])) {
        let (inside, beyond): (Vec<_>, Vec<_>) = rest.iter().copied().partition(|node| covers(point, *node));
        if inside.is_empty() {
            break;
        }
        edits.extend(bound_once(known, point, &name, &inside));
        rest = beyond;
    }
    Some(naming(known, call, edits, name))
}

/// The change that gives what a node makes a name.
pub(super) fn naming(known: &Known<'_>, node: Node<'_>, edits: Vec<(Range<usize>, String)>, name: String) -> Change {
    Change { at: node.byte_range(), edits, names: vec![name], depth: known.loops(node).len(), weight: 1.0, ..Change::default() }
}

/// Whether a call may cost more than keeping what it gives, and may give the same twice.
pub(super) fn is_worth_keeping(known: &Known<'_>, call: Node<'_>) -> bool {
    let is_discarded = || call.parent().is_some_and(|parent| parent.kind() == "expression_statement");
    call.kind() == "call"
        && !is_discarded()
        && known.called_name(call).is_some_and(|name| !CHEAP.contains(&name) && !USED_UP.contains(&name))
        && may_give_the_same_twice(known, call)
}

/// Whether nothing in an expression gives something else each time by its name.
pub(super) fn may_give_the_same_twice(known: &Known<'_>, node: Node<'_>) -> bool {
    let keeps = |node: Node<'_>| match node.kind() {
        "call" => known.called_name(node).is_some_and(|name| !NEVER_TWICE.contains(&name)),
        kind => !matches!(kind, "await" | "yield" | "named_expression"),
    };
    descendants(node).into_iter().all(keeps)
}

/// Those of `later` places, up to the first that does not, that are met after `first` with nothing between that
/// binds or changes a name of the call.
fn evaluated_alike<'a>(known: &Known<'a>, first: Node<'a>, later: &[Node<'a>]) -> Vec<Node<'a>> {
    let Some(statement) = known.statement(first).filter(|statement| is_evaluated_first(first, *statement)) else { return Vec::new() };
    let mut reach = Reach { known, names: known.names_in(first), ranges: Vec::new() };
    let mut next = Some(statement);
    while let Some(one) = next {
        if !reach.goes_past(one) {
            break;
        }
        next = one.next_named_sibling();
    }
    later.iter().copied().take_while(|node| reach.ranges.iter().any(|range| range.contains(&node.start_byte()))).collect()
}

/// Where a value is known to be still the same.
struct Reach<'k, 'a> {
    known: &'k Known<'a>,
    /// Names that the value comes from.
    names: BTreeSet<&'a str>,
    ranges: Vec<Range<usize>>,
}

impl<'a> Reach<'_, 'a> {
    /// Takes in a statement as far as the value lasts there; whether it lasts to its end.
    fn goes_past(&mut self, statement: Node<'a>) -> bool {
        if !self.is_changed_in(statement) {
            self.ranges.push(statement.byte_range());
            return true;
        }
        let body = statement.child_by_field_name("consequence").filter(|_| statement.kind() == "if_statement");
        let Some((condition, body)) = statement.child_by_field_name("condition").zip(body) else {
            // A plain statement evaluates before it binds.
            if matches!(statement.kind(), "expression_statement" | "return_statement") && !self.is_changed_by_call(statement) {
                self.ranges.push(statement.byte_range());
            }
            return false;
        };
        if !self.is_changed_in(condition) {
            self.ranges.push(condition.byte_range());
            named_children(body).into_iter().all(|inner| self.goes_past(inner));
        }
        false
    }

    fn is_changed_in(&self, around: Node<'a>) -> bool {
        let bound = self.known.bound_in(around);
        self.names.iter().any(|name| bound.contains(name) || self.known.is_changed_in(name, around))
    }

    fn is_changed_by_call(&self, statement: Node<'a>) -> bool {
        let calls = descendants(statement).into_iter().filter(|node| node.kind() == "call");
        calls.into_iter().any(|call| self.names.iter().any(|name| self.known.is_changed_in(name, call)))
    }
}

/// Whether a statement evaluates a call in any case, once, and before any other call.
pub(super) fn is_evaluated_first(call: Node<'_>, statement: Node<'_>) -> bool {
    let mut child = call;
    for outer in ancestors(call).take_while(|outer| outer.id() != statement.id()).chain([statement]) {
        let is_first = outer.named_child(0).is_some_and(|first| first.id() == child.id());
        let fits = match outer.kind() {
            "boolean_operator" | "assert_statement" => is_first,
            // Of a chain the first two are compared in any case.
            "comparison_operator" => is_first || outer.named_child(1).is_some_and(|second| second.id() == child.id()),
            "conditional_expression" => outer.named_child(1).is_some_and(|condition| condition.id() == child.id()),
            "for_statement" => outer.child_by_field_name("right") == Some(child),
            "if_statement" => outer.child_by_field_name("condition") == Some(child),
            kind => {
                !kind.ends_with("comprehension")
                    && !kind.ends_with("_clause")
                    && !matches!(kind, "generator_expression" | "while_statement" | "try_statement" | "block" | "lambda")
            }
        };
        if !fits {
            return false;
        }
        child = outer;
    }
    !descendants(statement).iter().any(|node| node.kind() == "call" && node.end_byte() <= call.start_byte())
}

/// One call for all of a group: the first one's own name where it has one, else a new one.
fn made_once(known: &Known<'_>, group: &[Node<'_>]) -> Option<Change> {
    let (call, later) = group.split_first()?;
    let depth = later.iter().map(|node| known.loops(*node).len()).max()?;
    let mut change = Change { at: call.byte_range(), depth, weight: 0.9 + 0.1 * later.len().min(5) as f64, ..Change::default() };
    if let Some(name) = ahead::own_name(known, *call) {
        change.edits = later.iter().map(|node| (node.byte_range(), name.to_owned())).collect();
        return Some(change);
    }
    let name = name_for(known, *call)?;
    change.edits = bound_once(known, known.statement(*call)?, &name, group);
    change.names = vec![name];
    Some(change)
}

/// A new name for what a call gives.
fn name_for(known: &Known<'_>, call: Node<'_>) -> Option<String> {
    let stem = match known.called_name(call)? {
        "get" => "value",
        "match" | "search" | "fullmatch" => "match",
        _ => "result",
    };
    Some(known.fresh(stem, &BTreeSet::new()))
}

/// The places of those that stand in no other one.
pub(super) fn outermost<'p, 'a>(places: &'p BTreeMap<&'a str, Vec<Node<'a>>>) -> impl Iterator<Item = &'p Vec<Node<'a>>> {
    let is_within_another = |text: &str| places.keys().any(|longer| longer.len() > text.len() && longer.contains(text));
    places.iter().filter(move |(text, _)| !is_within_another(text)).map(|(_, nodes)| nodes)
}

/// Nodes of the function itself that are `wanted`, by their text, in order.
pub(super) fn places_by_text<'a>(known: &Known<'a>, wanted: impl Fn(Node<'a>) -> bool) -> BTreeMap<&'a str, Vec<Node<'a>>> {
    let mut places: BTreeMap<&str, Vec<Node<'_>>> = BTreeMap::new();
    for node in own_descendants(known.function).into_iter().filter(|node| wanted(*node)) {
        places.entry(known.of(node)).or_default().push(node);
    }
    places
}

/// The edits that give an expression's value a name before a statement and read it at all its `places`.
pub(super) fn bound_once(known: &Known<'_>, statement: Node<'_>, name: &str, places: &[Node<'_>]) -> Vec<(Range<usize>, String)> {
    let Some(value) = places.first() else { return Vec::new() };
    let start = with_leading_comments(known.source, statement);
    let margin = syntax::indentation(known.source.text(), statement.start_byte());
    let mut edits = vec![(start..start, format!("{name} = {}\n{margin}", known.of(*value)))];
    edits.extend(places.iter().map(|place| (place.byte_range(), name.to_owned())));
    edits
}
