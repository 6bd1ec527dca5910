//! Loops, nesting and cyclomatic complexity (McCabe 1976) of one function, nested definitions left out.

use tree_sitter::Node;

use super::syntax::{ancestors, own_descendants};

/// Counts over a function's own body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Complexity {
    /// Loops, comprehensions included.
    pub loops: u32,
    /// The deepest nesting of loops.
    pub loop_depth: u32,
    /// One more than the number of decisions.
    pub cyclomatic: u32,
}

/// Counts over the definition `function`.
pub fn of(function: Node<'_>) -> Complexity {
    let mut complexity = Complexity { cyclomatic: 1, ..Complexity::default() };
    for node in own_descendants(function).into_iter().filter(Node::is_named) {
        if is_loop(node) {
            complexity.loops += 1;
            let around = ancestors(node).take_while(|outer| *outer != function).filter(|outer| encloses_body(*outer, node)).count();
            complexity.loop_depth = complexity.loop_depth.max(around as u32 + 1);
        }
        let is_decision = matches!(
            node.kind(),
            "if_statement"
                | "elif_clause"
                | "for_statement"
                | "while_statement"
                | "except_clause"
                | "conditional_expression"
                | "boolean_operator"
                | "for_in_clause"
                | "if_clause"
                | "case_clause"
                | "assert_statement"
        );
        complexity.cyclomatic += u32::from(is_decision);
    }
    complexity
}

fn is_loop(node: Node<'_>) -> bool {
    matches!(node.kind(), "for_statement" | "while_statement" | "for_in_clause")
}

/// Whether `inner` runs once a trip of the loop `outer`. A comprehension's first iterated expression,
/// like a `for` statement's, is evaluated once.
fn encloses_body(outer: Node<'_>, inner: Node<'_>) -> bool {
    match outer.kind() {
        "for_statement" => {
            let within = |field: &str| outer.child_by_field_name(field).is_some_and(|part| part.byte_range().contains(&inner.start_byte()));
            !within("right") && !within("alternative")
        }
        "while_statement" => true,
        "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression" => {
            let first = (0..outer.named_child_count())
                .filter_map(|index| outer.named_child(index as u32))
                .find(|node| node.kind() == "for_in_clause");
            first.is_some_and(|first| !first.byte_range().contains(&inner.start_byte()))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::syntax::Source;

    fn complexity(body: &str) -> Complexity {
        let source = Source::parse(format!("def f(a, b):\n{body}"));
        of(source.definitions("f")[0])
    }

    #[test]
    fn decisions_are_counted_and_nested_functions_left_out() {
        let body =
            "    if a and b:\n        pass\n    elif a:\n        pass\n    def g():\n        for x in a: pass\n    return 1 if a else 2\n";
        assert_eq!(complexity(body), Complexity { loops: 0, loop_depth: 0, cyclomatic: 5 });
        assert_eq!(complexity("    pass\n").cyclomatic, 1);
        assert_eq!(complexity("    try:\n        a()\n    except E:\n        b()\n").cyclomatic, 2);
    }

    #[test]
    fn loops_nest_only_where_one_runs_inside_the_other() {
        assert_eq!(complexity("    for x in a:\n        while x:\n            y = [z for z in x]\n").loop_depth, 3);
        assert_eq!(complexity("    for x in [y for y in a]:\n        pass\n").loop_depth, 1);
        assert_eq!(complexity("    return [x for y in a for x in y]\n").loop_depth, 2);
        assert_eq!(complexity("    for x in a: pass\n    for x in b: pass\n"), Complexity { loops: 2, loop_depth: 1, cyclomatic: 3 });
    }
}
