//! Shapes of expressions: constants, pure calls, the ways in which a variable is used.

use std::ops::Range;

use tree_sitter::Node;

use super::known::{Known, is_binding};
use crate::python::syntax::{descendants, named_children};

/// Built-ins that only compute, as far as their arguments do.
const PURE_FUNCTIONS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "bytes",
    "chr",
    "dict",
    "divmod",
    "enumerate",
    "float",
    "frozenset",
    "hash",
    "int",
    "isinstance",
    "issubclass",
    "len",
    "list",
    "max",
    "min",
    "ord",
    "pow",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "slice",
    "sorted",
    "str",
    "sum",
    "tuple",
    "type",
    "zip",
    "map",
    "filter",
    "format",
    "callable",
    "hasattr",
];

/// Methods of built-in types that only compute.
const PURE_METHODS: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "decode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "maketrans",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
    "get",
    "keys",
    "values",
    "items",
    "copy",
    "union",
    "intersection",
    "difference",
    "symmetric_difference",
    "issubset",
    "issuperset",
    "isdisjoint",
    "bit_length",
    "hex",
    "group",
    "groups",
    "start",
    "end",
    "span",
    "match",
    "search",
    "fullmatch",
    "findall",
    "sub",
];

/// Whether a built-in function only computes.
pub fn is_pure_builtin(known: &Known<'_>, name: &str) -> bool {
    PURE_FUNCTIONS.contains(&name) && known.is_builtin(name)
}

/// Whether a method of this name only computes, as those of the built-in types do.
pub fn is_pure_method(name: &str) -> bool {
    PURE_METHODS.contains(&name)
}

/// A name, a constant, or attributes of one.
pub fn is_simple(node: Node<'_>) -> bool {
    match node.kind() {
        "identifier" | "integer" | "float" | "true" | "false" | "none" | "string" => true,
        "attribute" => node.child_by_field_name("object").is_some_and(is_simple),
        "unary_operator" => node.named_child(0).is_some_and(|inner| matches!(inner.kind(), "integer" | "float")),
        _ => false,
    }
}

/// A list, tuple or set that is written out with at least one item.
pub fn is_filled(node: Node<'_>) -> bool {
    let items = || named_children(node).into_iter().filter(|item| item.kind() != "comment");
    matches!(node.kind(), "list" | "tuple" | "set") && items().any(|item| item.kind() != "list_splat")
}

/// Literals all the way down.
pub fn is_constant(node: Node<'_>) -> bool {
    match node.kind() {
        "integer" | "float" | "true" | "false" | "none" => true,
        "string" => !descendants(node).iter().any(|inner| inner.kind() == "interpolation"),
        "concatenated_string" | "tuple" | "list" | "set" | "dictionary" | "pair" | "parenthesized_expression" => {
            named_children(node).into_iter().filter(|inner| inner.kind() != "comment").all(|inner| is_constant(inner))
        }
        "unary_operator" => node.named_child(0).is_some_and(|inner| is_constant(inner)),
        _ => false,
    }
}

/// Whether a list of items is eight or more literals that can be hashed.
pub fn many_constants(known: &Known<'_>, range: &Range<usize>) -> bool {
    let Some(first) = known.source.root().named_descendant_for_byte_range(range.start, range.start) else { return false };
    let holder = std::iter::once(first).chain(crate::python::syntax::ancestors(first)).find(|node| matches!(node.kind(), "list" | "tuple"));
    let items = holder.map(named_children).unwrap_or_default();
    items.len() >= 8 && items.into_iter().all(|item| matches!(item.kind(), "string" | "integer") && is_constant(item))
}

/// The value of a module constant that a name stands for, else the node itself.
pub fn resolved<'a>(known: &Known<'a>, node: Node<'a>) -> Node<'a> {
    let is_own = |name: &str| known.bound_in(known.function).contains(name) || known.parameters().contains(&name);
    if node.kind() == "identifier" && !is_own(known.of(node)) { known.module_value(known.of(node)).unwrap_or(node) } else { node }
}

/// The text that a `str` literal stands for; `None` with fields, bytes or rare escapes.
pub fn string_value(known: &Known<'_>, node: Node<'_>) -> Option<String> {
    match node.kind() {
        "concatenated_string" => named_children(node).into_iter().map(|part| string_value(known, part)).collect(),
        "parenthesized_expression" => string_value(known, node.named_child(0)?),
        "string" => {
            let text = known.of(node);
            let prefix: String = text.chars().take_while(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()).collect();
            let rest = &text[prefix.len()..];
            let quotes = if rest.starts_with("\"\"\"") || rest.starts_with("'''") { 3 } else { 1 };
            let content = rest.get(quotes..rest.len().checked_sub(quotes)?)?;
            match prefix.as_str() {
                "" | "u" => unescaped(content),
                "r" => Some(content.to_owned()),
                _ => None,
            }
        }
        _ => None,
    }
}

fn unescaped(content: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = content.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match rest.next()? {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'f' => text.push('\u{c}'),
            'v' => text.push('\u{b}'),
            c @ ('\\' | '\'' | '"') => text.push(c),
            '\n' => {}
            'x' | 'u' | 'U' | 'N' | 'a' | 'b' | '0'..='9' => return None,
            other => text.extend(['\\', other]),
        }
    }
    Some(text)
}

/// A regular expression's text: a literal, or `re.compile` of one with flags that change no character.
pub fn pattern_value(known: &Known<'_>, node: Node<'_>) -> Option<String> {
    if node.kind() != "call" {
        return string_value(known, node);
    }
    let function = node.child_by_field_name("function")?;
    let is_compile = known.of(function) == "re.compile" && known.is_module("re", "re")
        || known.import_of(known.of(function)).as_deref() == Some("re.compile");
    let arguments = named_children(node.child_by_field_name("arguments")?);
    let flags = arguments.get(1).map_or("", |flags| known.of(*flags));
    let harmless = flags
        .trim_start_matches("flags=")
        .split('|')
        .map(str::trim)
        .all(|flag| matches!(flag, "" | "re.S" | "re.DOTALL" | "re.M" | "re.MULTILINE" | "re.U" | "re.UNICODE"));
    (is_compile && harmless && arguments.len() <= 2).then(|| string_value(known, *arguments.first()?))?
}

/// The characters of a constant string, or of a constant collection of single characters.
pub fn characters(known: &Known<'_>, node: Node<'_>) -> Option<String> {
    if let Some(text) = string_value(known, node) {
        return Some(text);
    }
    let single = |item: Node<'_>| string_value(known, item).filter(|text| text.chars().count() == 1);
    match node.kind() {
        "tuple" | "list" | "set" => named_children(node).into_iter().map(single).collect(),
        "call" if matches!(known.of(node.child_by_field_name("function")?), "frozenset" | "set" | "tuple" | "list") => {
            characters(known, node.child_by_field_name("arguments")?.named_child(0)?)
        }
        _ => None,
    }
}

/// A Python literal for `text`.
pub fn literal(text: &str) -> String {
    let mut written = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => written.extend(['\\', c]),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '\r' => written.push_str("\\r"),
            c if (c as u32) < 32 || c as u32 == 127 => written.push_str(&format!("\\x{:02x}", c as u32)),
            c => written.push(c),
        }
    }
    written.push('"');
    written
}

/// Whether evaluating `node` could have no effect but its value.
pub fn is_pure(known: &Known<'_>, node: Node<'_>) -> bool {
    descendants(node).into_iter().all(|inner| match inner.kind() {
        "await" | "yield" | "named_expression" => false,
        "call" => {
            let Some(function) = inner.child_by_field_name("function") else { return false };
            match function.kind() {
                "identifier" => PURE_FUNCTIONS.contains(&known.of(function)) && known.is_builtin(known.of(function)),
                "attribute" => function.child_by_field_name("attribute").is_some_and(|method| PURE_METHODS.contains(&known.of(method))),
                _ => false,
            }
        }
        _ => true,
    })
}

/// Whether statements neither leave their loop nor define or yield anything.
pub fn is_plain(known: &Known<'_>, range: &Range<usize>) -> bool {
    let leaving = [
        "break_statement",
        "continue_statement",
        "return_statement",
        "yield",
        "await",
        "function_definition",
        "class_definition",
        "global_statement",
        "nonlocal_statement",
        "named_expression",
        "try_statement",
        "with_statement",
        "raise_statement",
    ];
    descendants(known.function)
        .into_iter()
        .filter(|node| range.contains(&node.start_byte()) && node.id() != known.function.id())
        .all(|node| !leaving.contains(&node.kind()))
}

/// Whether only the truth of `node` matters where it stands.
pub fn is_condition(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    match parent.kind() {
        "if_statement" | "elif_clause" | "while_statement" => parent.child_by_field_name("condition") == Some(node),
        "if_clause" | "not_operator" => true,
        "conditional_expression" => parent.named_child(1) == Some(node),
        "boolean_operator" | "parenthesized_expression" => is_condition(parent),
        _ => false,
    }
}

/// In which way a variable is used where it stands.
pub fn use_of(known: &Known<'_>, node: Node<'_>) -> Option<String> {
    let parent = node.parent()?;
    let is = |field: &str| parent.child_by_field_name(field) == Some(node);
    let kind = match parent.kind() {
        "attribute" => {
            let call = parent.parent().filter(|call| call.kind() == "call" && call.child_by_field_name("function") == Some(parent))?;
            let method = known.of(parent.child_by_field_name("attribute")?);
            let arguments = named_children(call.child_by_field_name("arguments")?);
            let first = arguments.first().map_or("", |argument| known.of(*argument));
            match (method, arguments.len(), first) {
                ("pop", 1, "0") => "pop-first".to_owned(),
                ("pop", 1, "-1") => "pop".to_owned(),
                ("pop", 1, _) => "pop-at".to_owned(),
                ("insert", 2, "0") => "insert-first".to_owned(),
                _ => method.to_owned(),
            }
        }
        "argument_list" => {
            let function = parent.parent()?.child_by_field_name("function")?;
            match known.of(function) {
                "len" => "len".to_owned(),
                name => format!("argument-{name}"),
            }
        }
        "for_statement" | "for_in_clause" if is("right") => "iterate".to_owned(),
        "comparison_operator" => {
            let operator = (0..parent.child_count())
                .filter_map(|index| parent.child(index))
                .find(|child| child.end_byte() <= node.start_byte() && !child.is_named());
            match operator.map(|operator| known.of(operator)) {
                Some("in" | "not in") => "in".to_owned(),
                Some(_) | None => "compare".to_owned(),
            }
        }
        "subscript" if is("value") => {
            let outer = parent.parent()?;
            if outer.kind() == "delete_statement" || outer.kind() == "assignment" && outer.child_by_field_name("left") == Some(parent) {
                "store".to_owned()
            } else {
                "item".to_owned()
            }
        }
        "augmented_assignment" if is("left") => "augment".to_owned(),
        "assignment" if is("left") => match parent.child_by_field_name("right").map(|right| known.of(right)) {
            Some("[]" | "list()") => "empty".to_owned(),
            Some("{}" | "dict()") => "empty".to_owned(),
            Some("\"\"" | "''") => "empty".to_owned(),
            _ => "assign".to_owned(),
        },
        "return_statement" => "return".to_owned(),
        _ if is_binding(node) => "bind".to_owned(),
        _ if is_condition(node) => "truth".to_owned(),
        _ => return None,
    };
    Some(kind)
}

/// Exact built-in types that an abstract class stands for, most usual first.
pub fn exact_types(known: &Known<'_>, class: &str) -> Option<&'static [&'static str]> {
    let (root, rest) = class.split_once('.').map_or((class, String::new()), |(root, rest)| (root, format!(".{rest}")));
    let dotted = format!("{}{rest}", known.import_of(root)?);
    let name = ["collections.abc.", "typing.", "numbers.", "_collections_abc."].iter().find_map(|module| dotted.strip_prefix(module))?;
    Some(match name {
        "Mapping" | "MutableMapping" => &["dict"],
        "Sequence" | "Collection" | "Reversible" => &["list", "tuple", "str", "dict", "set"],
        "MutableSequence" => &["list"],
        "Iterable" | "Sized" | "Container" => &["list", "tuple", "dict", "str", "set"],
        "Set" | "MutableSet" => &["set"],
        "Number" | "Complex" | "Real" => &["int", "float"],
        "Rational" | "Integral" => &["int"],
        "Hashable" => &["str", "int", "tuple"],
        _ => return None,
    })
}
