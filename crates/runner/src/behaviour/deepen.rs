//! Deeper inputs: where a value holds one of its own kind, that nesting is repeated many times, so that
//! recursion and limits on depth show.

use whetstone_core::cases::{Case, CaseMode};

use super::{
    baseline::UNOBSERVED,
    graph::{self, Node},
};

/// How often a nesting is repeated; the deepest that the baseline bears is what tells.
const LEVELS: [usize; 3] = [30, 120, 300];
/// Inputs that are deepened, of as many kinds of arguments.
const MOST_BASES: usize = 4;
pub const CALLER: &str = "generated: nested deeper";

/// Cases with deeper arguments than those of `cases`; none if there are such cases already.
pub fn deeper(cases: &[Case]) -> Vec<Case> {
    if cases.iter().any(|case| case.header.caller.starts_with(CALLER)) {
        return Vec::new();
    }
    let mut kinds = std::collections::BTreeSet::new();
    let mut found = Vec::new();
    let mut by_size: Vec<&Case> = cases.iter().filter(|case| case.header.mode == CaseMode::Replay && case.input.len() < 4096).collect();
    by_size.sort_by_key(|case| case.input.len());
    for case in by_size {
        if kinds.len() >= MOST_BASES || case.header.ends != "returns" {
            continue;
        }
        let made: Vec<Vec<u8>> = LEVELS.iter().filter_map(|&levels| deepen(&case.input, levels)).collect();
        if made.is_empty() || !kinds.insert(case.header.types.clone()) {
            continue;
        }
        for input in made {
            let mut header = case.header.clone();
            header.id = format!("{}~{}", case.header.id, found.len());
            header.origin = "generated".into();
            header.caller = if case.header.caller.contains(UNOBSERVED) { format!("{CALLER}; {UNOBSERVED}") } else { CALLER.into() };
            header.sequence.clear();
            found.push(Case { header, input, outcome: Vec::new() });
        }
    }
    found
}

/// The input with the first nesting of its arguments repeated `levels` times; `None` if there is none.
fn deepen(input: &[u8], levels: usize) -> Option<Vec<u8>> {
    let root = graph::parse(input)?;
    let (outer, inner) = nesting(&root, &mut vec![0])?;
    let holder = at(&root, &outer)?.clone();
    let step = inner[outer.len()..].to_vec();
    let mut fresh = 1 << 32;
    let mut made = at(&root, &inner)?.clone();
    for _ in 0..levels {
        let mut level = holder.clone();
        renumber(&mut level, &mut fresh);
        *at_mut(&mut level, &step)? = made;
        made = level;
    }
    let mut whole = root.clone();
    *at_mut(&mut whole, &outer)? = made;
    let written = graph::write_from(&root, &whole);
    graph::parse(&written).is_some().then_some(written)
}

/// Paths to a node and to one below it of the same kind.
fn nesting(root: &Node, path: &mut Vec<usize>) -> Option<(Vec<usize>, Vec<usize>)> {
    let node = at(root, path)?;
    if is_holder(node)
        && let Some(inner) = below(node, node, &mut Vec::new())
    {
        return Some((path.clone(), [path.as_slice(), &inner].concat()));
    }
    for child in 0..node.children.len() {
        path.push(child);
        let found = nesting(root, path);
        path.pop();
        if found.is_some() {
            return found;
        }
    }
    None
}

fn is_holder(node: &Node) -> bool {
    // The outermost tuple of arguments lies under the mark of a shared atom, and is no argument.
    matches!(node.tag, b'L' | b'D' | b'O')
}

fn below(kind: &Node, node: &Node, path: &mut Vec<usize>) -> Option<Vec<usize>> {
    if path.len() > 6 {
        return None;
    }
    for (index, child) in node.children.iter().enumerate() {
        path.push(index);
        let same = child.tag == kind.tag && (kind.tag != b'O' || child.children.first() == kind.children.first());
        let found = if same { Some(path.clone()) } else { below(kind, child, path) };
        path.pop();
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Gives the definitions in a copied part numbers of their own.
fn renumber(node: &mut Node, fresh: &mut u64) {
    let mut known = std::collections::HashMap::new();
    collect(node, fresh, &mut known);
    apply(node, &known);
}

fn collect(node: &Node, fresh: &mut u64, known: &mut std::collections::HashMap<(bool, u64), u64>) {
    if let (Some(id), false) = (node.id, matches!(node.tag, b'r' | b'A')) {
        *fresh += 1;
        known.insert((node.tag == b'a', id), *fresh);
    }
    node.children.iter().for_each(|child| collect(child, fresh, known));
}

fn apply(node: &mut Node, known: &std::collections::HashMap<(bool, u64), u64>) {
    if let Some(id) = node.id {
        let is_atom = matches!(node.tag, b'a' | b'A');
        node.id = Some(known.get(&(is_atom, id)).copied().unwrap_or(id));
    }
    node.children.iter_mut().for_each(|child| apply(child, known));
}

fn at<'a>(root: &'a Node, path: &[usize]) -> Option<&'a Node> {
    path.iter().try_fold(root, |node, &child| node.children.get(child))
}

fn at_mut<'a>(root: &'a mut Node, path: &[usize]) -> Option<&'a mut Node> {
    path.iter().try_fold(root, |node, &child| node.children.get_mut(child))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_in_a_list_is_nested_deeper_and_a_flat_one_is_not() {
        // f([1, [2]])
        let input = b"t\x04at\x01L\x02i\x01\x01L\x01i\x01\x02t\x00t\x00N";
        let deeper = deepen(input, 2).expect("it nests");
        assert_eq!(deeper, b"t\x04at\x01L\x02i\x01\x01L\x02i\x01\x01L\x01i\x01\x02t\x00t\x00N");
        assert!(deepen(b"t\x04at\x01L\x01i\x01\x01t\x00t\x00N", 2).is_none());
    }
}
