//! Small inputs, all of them: whole numbers around those that were seen, short texts over the letters
//! that were seen, short lists over the elements that were seen. Most mistakes show on a small input.

use std::collections::BTreeSet;

use whetstone_core::cases::{Case, CaseMode};

use super::{graph, graph::Node, show::unshared};

/// How such a case says where it comes from.
pub const CALLER: &str = "generated: small inputs";
/// The same, of types that no recorded call had.
const UNOBSERVED_CALLER: &str = "generated: small inputs; types not observed";
/// Recorded calls whose arguments are replaced, one for each kind of arguments.
const MOST_BASES: usize = 3;
const MOST_PER_ARGUMENT: usize = 450;
const MOST: usize = 1500;
/// Bytes of all small inputs together: what is left of the recorded arguments is rebuilt with each.
const MOST_BYTES: usize = 4 << 20;
/// Elements that are left of a recorded list beside the small argument.
const MOST_BESIDE: usize = 12;
const NUMBERS: std::ops::Range<i64> = -16..400;

/// Cases with one small argument each in the place of a recorded one.
pub fn small(cases: &[Case]) -> Vec<Case> {
    let recorded = |case: &&Case| case.header.origin == "recorded" && case.header.mode == CaseMode::Replay && case.header.ends == "returns";
    let mut bases: Vec<&Case> = cases.iter().filter(recorded).collect();
    bases.sort_by_key(|case| case.input.len());
    let pool = Pool::of(&bases);
    let mut kinds = BTreeSet::new();
    bases.retain(|case| kinds.insert(case.header.types.split('[').next().unwrap_or_default().to_owned()));
    let (mut found, mut bytes) = (Vec::new(), 0);
    let mut seen = BTreeSet::new();
    for base in bases.into_iter().take(MOST_BASES) {
        let Some(root) = graph::parse(&base.input).and_then(|root| shortened(&root)) else { continue };
        for place in 0..unshared_children(&root).len() {
            let argument = unshared(&unshared_children(&root)[place]);
            let like = pool.values_like(argument).into_iter().map(|value| (value, CALLER));
            let related = pool.related_lists(argument).into_iter().map(|value| (value, UNOBSERVED_CALLER));
            for (value, caller) in like.chain(related) {
                let input = with_argument(&root, place, value);
                if found.len() < MOST && bytes + input.len() < MOST_BYTES && seen.insert(input.clone()) {
                    bytes += input.len();
                    found.push(made(base, input, found.len(), caller));
                }
            }
        }
    }
    found
}

fn made(base: &Case, input: Vec<u8>, number: usize, caller: &str) -> Case {
    let mut header = base.header.clone();
    header.id = format!("{}=s{number}", base.header.id);
    header.origin = "generated".into();
    header.caller = caller.into();
    header.sequence.clear();
    Case { header, input, outcome: Vec::new() }
}

fn unshared_children(root: &Node) -> &[Node] {
    root.children.first().map(unshared).map_or(&[], |arguments| &arguments.children)
}

/// The same call with the beginning of each long list among its arguments.
fn shortened(root: &Node) -> Option<Node> {
    let mut whole = root.clone();
    for argument in arguments_of(&mut whole)?.iter_mut().filter(|argument| argument.tag == b'L') {
        argument.children.truncate(MOST_BESIDE);
    }
    graph::parse(&graph::write_from(root, &whole))
}

/// The arguments of an input, to be exchanged.
fn arguments_of(root: &mut Node) -> Option<&mut Vec<Node>> {
    let mut arguments = root.children.first_mut()?;
    while arguments.tag == b'a' {
        arguments = arguments.children.first_mut()?;
    }
    Some(&mut arguments.children)
}

fn with_argument(root: &Node, place: usize, value: Node) -> Vec<u8> {
    let mut whole = root.clone();
    if let Some(argument) = arguments_of(&mut whole).and_then(|arguments| arguments.get_mut(place)) {
        *argument = value;
    }
    graph::write_from(root, &whole)
}

/// What recorded arguments are made of.
#[derive(Default)]
struct Pool {
    letters: Vec<char>,
    elements: Vec<Node>,
}

impl Pool {
    fn of(bases: &[&Case]) -> Self {
        let mut pool = Self::default();
        for base in bases.iter().take(60) {
            if let Some(root) = graph::parse(&base.input) {
                unshared_children(&root).iter().for_each(|argument| pool.look(argument, false));
            }
        }
        for letter in " aA0-_.,\n\u{e9}".chars() {
            pool.letter(letter);
        }
        pool
    }

    fn letter(&mut self, letter: char) {
        if self.letters.len() < 20 && !self.letters.contains(&letter) {
            self.letters.push(letter);
        }
    }

    fn look(&mut self, node: &Node, is_element: bool) {
        let node = unshared(node);
        if node.tag == b's' {
            String::from_utf8_lossy(&node.data).chars().take(200).for_each(|letter| {
                if self.letters.len() < 10 {
                    self.letter(letter);
                }
            });
        }
        let is_plain = matches!(node.tag, b'N' | b'T' | b'F' | b'i' | b'd' | b's' | b'b');
        if is_element && is_plain && self.elements.len() < 7 && node.data.len() < 40 && !self.elements.contains(node) {
            self.elements.push(node.clone());
        }
        let is_list = matches!(node.tag, b'L' | b't' | b'S');
        if is_list {
            node.children.iter().take(20).for_each(|child| self.look(child, true));
        }
    }

    fn values_like(&self, node: &Node) -> Vec<Node> {
        let leaf = |tag: u8, data: Vec<u8>| Node { tag, id: None, data, texts: Vec::new(), children: Vec::new(), counts: [0; 3] };
        let mut found: Vec<Node> = match node.tag {
            b'i' => NUMBERS.map(|number| leaf(b'i', integer(number))).collect(),
            b's' => self.texts().into_iter().map(|text| leaf(b's', text.into_bytes())).collect(),
            b'L' | b't' if node.children.iter().map(unshared).all(|child| self.elements.iter().any(|element| element.tag == child.tag)) => {
                self.lists().into_iter().map(|children| Node { children, ..leaf(node.tag, Vec::new()) }).collect()
            }
            _ => Vec::new(),
        };
        for made in &mut found {
            // A list is a new object, whatever number the old one had.
            made.id = (made.tag == b'L').then_some(1 << 40);
        }
        found.truncate(MOST_PER_ARGUMENT);
        found
    }

    /// Lists in which an element meets its equal of another type.
    fn related_lists(&self, node: &Node) -> Vec<Node> {
        if !matches!(node.tag, b'L' | b't') {
            return Vec::new();
        }
        let id = (node.tag == b'L').then_some(1 << 40);
        let list = |children: Vec<Node>| Node { tag: node.tag, id, data: Vec::new(), texts: Vec::new(), children, counts: [0; 3] };
        let mut found = Vec::new();
        let leaf = |tag: u8, data: Vec<u8>| Node { tag, id: None, data, texts: Vec::new(), children: Vec::new(), counts: [0; 3] };
        let letter = self.letters.first().map(|letter| leaf(b's', letter.to_string().into_bytes()));
        let others = letter.into_iter().chain([leaf(b'i', vec![1])]).filter(|other| !self.elements.contains(other));
        for element in self.elements.iter().cloned().chain(others) {
            for relative in relatives(&element) {
                found.push(list(vec![relative.clone(), element.clone()]));
                found.push(list(vec![element.clone(), relative.clone()]));
                found.push(list(vec![element.clone(), relative, element.clone()]));
            }
        }
        found
    }

    fn texts(&self) -> Vec<String> {
        let one = self.letters.iter().map(char::to_string);
        let two = self.letters.iter().flat_map(|first| self.letters.iter().map(move |second| format!("{first}{second}")));
        std::iter::once(String::new()).chain(one).chain(two).collect()
    }

    fn lists(&self) -> Vec<Vec<Node>> {
        let mut found: Vec<Vec<Node>> = vec![Vec::new()];
        let mut last = found.clone();
        for _ in 0..3 {
            last = last
                .iter()
                .flat_map(|list| self.elements.iter().map(move |element| [list.as_slice(), std::slice::from_ref(element)].concat()))
                .collect();
            found.extend(last.clone());
        }
        found
    }
}

/// Values that equal an element and are of another type.
fn relatives(element: &Node) -> Vec<Node> {
    let leaf = |tag: u8, data: Vec<u8>| Node { tag, id: None, data, texts: Vec::new(), children: Vec::new(), counts: [0; 3] };
    match (element.tag, element.data.as_slice()) {
        (b'i', [byte]) => {
            let as_float = leaf(b'd', f64::from(byte.cast_signed()).to_le_bytes().to_vec());
            let as_bool = (*byte < 2).then(|| leaf(if *byte == 1 { b'T' } else { b'F' }, Vec::new()));
            std::iter::once(as_float).chain(as_bool).collect()
        }
        (b's', _) => {
            let class = Node { texts: vec![b"whet_harness.plain".to_vec(), b"Str".to_vec()], ..leaf(b'C', Vec::new()) };
            let payload = Node { children: vec![element.clone()], ..leaf(b't', Vec::new()) };
            // Flags: a payload and an empty dictionary.
            vec![Node { id: Some(1 << 41), children: vec![class, payload], counts: [1, 0, 0], ..leaf(b'O', vec![5]) }]
        }
        _ => Vec::new(),
    }
}

fn integer(number: i64) -> Vec<u8> {
    let bits = 64 - number.unsigned_abs().leading_zeros() as usize;
    number.to_le_bytes()[..(bits + 8) / 8].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_encoder_writes_them() {
        assert_eq!((integer(0), integer(127), integer(128), integer(-1)), (vec![0], vec![127], vec![128, 0], vec![255]));
    }

    #[test]
    fn long_lists_are_cut_beside_a_small_argument() {
        let list: Vec<u8> = [b"L\x20".as_slice(), b"i\x01\x05".repeat(32).as_slice()].concat();
        let root = graph::parse(&[b"t\x01t\x01".as_slice(), &list].concat()).expect("a graph");
        let cut = shortened(&root).expect("a graph");
        assert_eq!(unshared_children(&cut)[0].children.len(), MOST_BESIDE);
    }

    #[test]
    fn lists_hold_every_choice_of_three_elements() {
        let element = |value: u8| Node { tag: b'i', id: None, data: vec![value], texts: vec![], children: vec![], counts: [0; 3] };
        let pool = Pool { letters: vec![], elements: vec![element(1), element(2)] };
        assert_eq!(pool.lists().len(), 1 + 2 + 4 + 8);
    }
}
