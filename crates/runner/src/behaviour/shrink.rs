//! Makes a counterexample small: parts of its input are taken away as long as the sides still differ.

use std::time::{Duration, Instant};

use super::graph::{self, Node};

/// How much is tried to make one counterexample small.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// What ends the search as a rule, so that a busy machine tells the same counterexample.
    pub tries: u32,
    /// What ends it where single tries are slow.
    pub time: Duration,
}

/// Tries smaller inputs until none differs any more or the effort is spent. `differs` tells whether the
/// two sides still part on an input, in the same aspect.
pub fn shrink(input: &[u8], effort: Effort, mut differs: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let until = Instant::now() + effort.time;
    let Some(mut best) = graph::parse(input) else { return input.to_vec() };
    let mut bytes = input.to_vec();
    let mut tries = 0;
    loop {
        let mut improved = false;
        let mut position = 0;
        while let Some(path) = nth_path(&best, position) {
            for smaller in smaller_at(&best, &path) {
                if tries >= effort.tries || Instant::now() > until {
                    return bytes;
                }
                let written = graph::write_from(&best, &smaller);
                if written.len() < bytes.len() || (written.len() == bytes.len() && written < bytes) {
                    tries += 1;
                    if let (true, Some(read)) = (differs(&written), graph::parse(&written)) {
                        (best, bytes, improved) = (read, written, true);
                        break;
                    }
                }
            }
            position += 1;
        }
        if !improved {
            return bytes;
        }
    }
}

/// Paths to the nodes of the arguments, outer ones first; the state and random parts stay as they are.
fn nth_path(root: &Node, wanted: usize) -> Option<Vec<usize>> {
    let mut level: Vec<Vec<usize>> = (0..root.children.len().min(2)).map(|part| vec![part]).collect();
    let mut seen = 0;
    while !level.is_empty() {
        if wanted - seen < level.len() {
            return level.into_iter().nth(wanted - seen);
        }
        seen += level.len();
        level = level
            .iter()
            .flat_map(|path| {
                let count = at(root, path).map_or(0, |node| if is_entered(node) { node.children.len() } else { 0 });
                (0..count).map(|child| [path.as_slice(), &[child]].concat())
            })
            .collect();
    }
    None
}

fn is_entered(node: &Node) -> bool {
    matches!(node.tag, b't' | b'L' | b'D' | b'S' | b'z' | b'a' | b'O' | b'o' | b'W')
}

fn at<'a>(root: &'a Node, path: &[usize]) -> Option<&'a Node> {
    path.iter().try_fold(root, |node, &child| node.children.get(child))
}

/// The whole with one node made smaller, in several ways.
fn smaller_at(root: &Node, path: &[usize]) -> Vec<Node> {
    let Some(node) = at(root, path) else { return Vec::new() };
    // The tuples of arguments and keywords, and each keyword's pair, keep their form.
    let is_frame = path.len() == 1
        || (path.len() <= 3 && at(root, &path[..path.len() - 1]).is_some_and(|parent| path.len() == 2 && parent.tag == b'a'));
    if is_frame || names_attribute(root, path) {
        return Vec::new();
    }
    smaller(node)
        .into_iter()
        .map(|made| {
            let mut whole = root.clone();
            let mut place = &mut whole;
            for &child in path {
                place = &mut place.children[child];
            }
            *place = made;
            whole
        })
        .collect()
}

/// Whether a node is the name of an attribute: with another name the object would be no smaller one of its class.
fn names_attribute(root: &Node, path: &[usize]) -> bool {
    let Some((&index, above)) = path.split_last() else { return false };
    let Some(holder) = at(root, above).filter(|holder| matches!(holder.tag, b'O' | b'o')) else { return false };
    let before = 1 + holder.counts[0] + holder.counts[1];
    index >= before && (index - before).is_multiple_of(2)
}

fn smaller(node: &Node) -> Vec<Node> {
    let with_data = |data: Vec<u8>| Node { data, ..node.clone() };
    match node.tag {
        b'L' | b'S' => without_some(node, 1),
        b'D' => without_some(node, 2),
        b's' => shorter_texts(&node.data).into_iter().map(with_data).collect(),
        b'b' => vec![with_data(Vec::new()), with_data(node.data[..node.data.len() / 2].to_vec())],
        b'i' if node.data.len() > 1 => {
            vec![with_data(vec![0]), with_data(vec![1]), with_data(vec![2]), with_data(node.data[node.data.len() - 1..].to_vec())]
        }
        b'i' => (0..node.data.first().copied().unwrap_or(0).min(3)).map(|value| with_data(vec![value])).collect(),
        b'd' => [0.0f64, 1.0].into_iter().map(|value| with_data(value.to_le_bytes().to_vec())).collect(),
        _ => Vec::new(),
    }
}

fn without_some(node: &Node, step: usize) -> Vec<Node> {
    let count = node.children.len() / step;
    let mut found = Vec::new();
    let mut size = count;
    while size >= 1 {
        for start in (0..count).step_by(size) {
            let mut made = node.clone();
            made.children.drain(start * step..((start + size) * step).min(node.children.len()));
            found.push(made);
        }
        if found.len() > 60 {
            break;
        }
        size /= 2;
    }
    found
}

fn shorter_texts(data: &[u8]) -> Vec<Vec<u8>> {
    let Ok(text) = std::str::from_utf8(data) else { return Vec::new() };
    let letters: Vec<char> = text.chars().collect();
    let join = |part: &[char]| part.iter().collect::<String>().into_bytes();
    let half = letters.len() / 2;
    let mut found = vec![Vec::new(), join(&letters[..half]), join(&letters[half..])];
    for index in 0..letters.len().min(24) {
        found.push(join(&[&letters[..index], &letters[index + 1..]].concat()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_matter_is_taken_away() {
        // f([5, 7, -0.0, "abc"]): only the -0.0 matters.
        let mut input = b"t\x04at\x01L\x04i\x01\x05i\x01\x07d".to_vec();
        input.extend((-0.0f64).to_le_bytes());
        input.extend(b"s\x03abct\x00t\x00N");
        let effort = Effort { tries: 100, time: Duration::from_secs(60) };
        let small = shrink(&input, effort, |bytes| bytes.windows(8).any(|part| part == (-0.0f64).to_le_bytes()));
        let mut expected = b"t\x04at\x01L\x01d".to_vec();
        expected.extend((-0.0f64).to_le_bytes());
        expected.extend(b"t\x00t\x00N");
        assert_eq!(small, expected);
    }
}
