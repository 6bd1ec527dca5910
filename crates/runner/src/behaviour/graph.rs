//! Reads, changes, writes and shows encoded graphs (docs/encoding.md) without the language that made them.

use std::collections::HashMap;

/// Deeper nesting is left as it is: neither shown nor shrunk.
const DEPTH: usize = 2500;

/// One value of an encoding with everything below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub tag: u8,
    /// Number of a numbered object, or of a shared atom (`a`), in the bytes that it was read from.
    pub id: Option<u64>,
    /// Literal bytes of leaves; flags of an object.
    pub data: Vec<u8>,
    /// Names: of references, slots and the like.
    pub texts: Vec<Vec<u8>>,
    pub children: Vec<Node>,
    /// Of an object: how many of `children` belong to payload, slots and dictionary pairs.
    pub counts: [usize; 3],
}

impl Node {
    fn leaf(tag: u8, data: Vec<u8>) -> Self {
        Self { tag, id: None, data, texts: Vec::new(), children: Vec::new(), counts: [0; 3] }
    }
}

/// Reads one value; `None` if the bytes are no encoding or nest too deeply.
pub fn parse(bytes: &[u8]) -> Option<Node> {
    let mut reader = Reader { bytes, at: 0, numbered: 0, atoms: 0 };
    let node = reader.value(0)?;
    (reader.at == bytes.len()).then_some(node)
}

/// Reads values one after the other.
pub fn parse_all(bytes: &[u8]) -> Option<Vec<Node>> {
    let mut reader = Reader { bytes, at: 0, numbered: 0, atoms: 0 };
    let mut found = Vec::new();
    while reader.at < bytes.len() {
        found.push(reader.value(0)?);
    }
    Some(found)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    numbered: u64,
    atoms: u64,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn number(&mut self) -> Option<u64> {
        let mut result = 0u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            result |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Some(result);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        let end = self.at.checked_add(count)?;
        let part = self.bytes.get(self.at..end)?.to_vec();
        self.at = end;
        Some(part)
    }

    fn counted(&mut self) -> Option<Vec<u8>> {
        let count = usize::try_from(self.number()?).ok()?;
        self.take(count)
    }

    fn text(&mut self) -> Option<Vec<u8>> {
        (self.byte()? == b's').then(|| self.counted())?
    }

    fn values(&mut self, count: u64, depth: usize) -> Option<Vec<Node>> {
        (0..count).map(|_| self.value(depth + 1)).collect()
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        let tag = self.byte()?;
        if tag == b'K' {
            let number = self.number()?;
            let tag = self.byte()?;
            let mut node = self.content(tag, depth)?;
            node.id = Some(number);
            return Some(node);
        }
        let is_numbered = matches!(tag, b'L' | b'D' | b'S' | b'O' | b'P' | b'W' | b'Y' | b'k');
        let id = is_numbered.then_some(self.numbered);
        self.numbered += u64::from(is_numbered);
        let mut node = self.content(tag, depth)?;
        if is_numbered {
            node.id = id;
        }
        Some(node)
    }

    fn content(&mut self, tag: u8, depth: usize) -> Option<Node> {
        if depth > DEPTH {
            return None;
        }
        let mut node = Node::leaf(tag, Vec::new());
        match tag {
            b'N' | b'T' | b'F' | b'E' | b'M' | b'U' => {}
            b'i' | b's' | b'b' => node.data = self.counted()?,
            b'd' => node.data = self.take(8)?,
            b'c' => node.data = self.take(16)?,
            b't' | b'L' | b'S' | b'z' => {
                let count = self.number()?;
                node.children = self.values(count, depth)?;
            }
            b'D' => {
                let count = self.number()?;
                node.children = self.values(count.checked_mul(2)?, depth)?;
            }
            b'a' => {
                node.id = Some(self.atoms);
                self.atoms += 1;
                node.children = self.values(1, depth)?;
            }
            b'A' | b'r' => node.id = Some(self.number()?),
            b'C' | b'R' | b'g' | b'G' => {
                node.texts = vec![self.text()?, self.text()?];
                node.children = self.values(u64::from(tag == b'G'), depth)?;
            }
            b'e' | b'f' | b'h' => node.children = self.values(2, depth)?,
            b'm' | b'k' => {
                node.texts = vec![self.text()?];
                node.children = self.values(if tag == b'm' { 1 } else { 2 }, depth)?;
            }
            b'P' => node.children = self.values(8, depth)?,
            b'W' => node.children = self.values(1, depth)?,
            b'Y' | b'X' => node.texts = vec![self.text()?],
            b'O' | b'o' => self.object(&mut node, depth)?,
            _ => return None,
        }
        Some(node)
    }

    fn object(&mut self, node: &mut Node, depth: usize) -> Option<()> {
        node.children.push(self.value(depth + 1)?);
        let flags = self.byte()?;
        node.data = vec![flags];
        if flags & 1 != 0 {
            node.children.push(self.value(depth + 1)?);
            node.counts[0] = 1;
        }
        if flags & 2 != 0 {
            for _ in 0..self.number()? {
                node.texts.push(self.text()?);
                node.children.push(self.value(depth + 1)?);
                node.counts[1] += 1;
            }
        }
        if flags & 4 != 0 {
            for _ in 0..self.number()? {
                node.children.extend(self.values(2, depth)?);
                node.counts[2] += 1;
            }
        }
        Some(())
    }
}

/// Writes a changed graph: numbers are given anew, and a reference to a part that was cut away
/// becomes that part.
pub fn write(root: &Node) -> Vec<u8> {
    let mut definitions = HashMap::new();
    collect(root, &mut definitions);
    let mut writer = Writer { out: Vec::new(), definitions, numbers: HashMap::new(), atoms: HashMap::new() };
    writer.value(root);
    writer.out
}

/// The same, with definitions that lie outside of `root` (cut away from `whole`).
pub fn write_from(whole: &Node, root: &Node) -> Vec<u8> {
    let mut definitions = HashMap::new();
    collect(whole, &mut definitions);
    collect(root, &mut definitions);
    let mut writer = Writer { out: Vec::new(), definitions, numbers: HashMap::new(), atoms: HashMap::new() };
    writer.value(root);
    writer.out
}

fn collect<'a>(node: &'a Node, into: &mut HashMap<(bool, u64), &'a Node>) {
    if let (Some(id), false) = (node.id, matches!(node.tag, b'r' | b'A')) {
        into.insert((node.tag == b'a', id), node);
    }
    node.children.iter().for_each(|child| collect(child, into));
}

struct Writer<'a> {
    out: Vec<u8>,
    definitions: HashMap<(bool, u64), &'a Node>,
    numbers: HashMap<u64, u64>,
    atoms: HashMap<u64, u64>,
}

impl<'a> Writer<'a> {
    fn number(&mut self, mut number: u64) {
        while number > 127 {
            self.out.push((number & 127) as u8 | 128);
            number >>= 7;
        }
        self.out.push(number as u8);
    }

    fn counted(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    fn text(&mut self, bytes: &[u8]) {
        self.out.push(b's');
        self.counted(bytes);
    }

    fn reference(&mut self, is_atom: bool, id: u64) {
        let known = if is_atom { self.atoms.get(&id) } else { self.numbers.get(&id) }.copied();
        match (known, self.definitions.get(&(is_atom, id)).copied()) {
            (Some(number), _) => {
                self.out.push(if is_atom { b'A' } else { b'r' });
                self.number(number);
            }
            (None, Some(definition)) => self.value(definition),
            (None, None) => self.out.push(b'N'),
        }
    }

    fn value(&mut self, node: &'a Node) {
        match (node.tag, node.id) {
            (b'r', Some(id)) => return self.reference(false, id),
            (b'A', Some(id)) => return self.reference(true, id),
            (b'a', Some(id)) => {
                if self.atoms.contains_key(&id) {
                    return self.reference(true, id);
                }
                self.atoms.insert(id, self.atoms.len() as u64);
            }
            (_, Some(id)) => {
                if self.numbers.contains_key(&id) {
                    return self.reference(false, id);
                }
                self.numbers.insert(id, self.numbers.len() as u64);
            }
            _ => {}
        }
        self.out.push(node.tag);
        self.content(node);
    }

    fn content(&mut self, node: &'a Node) {
        match node.tag {
            b'i' | b's' | b'b' => self.counted(&node.data),
            b'd' | b'c' => self.out.extend_from_slice(&node.data),
            b't' | b'L' | b'S' | b'z' => self.number(node.children.len() as u64),
            b'D' => self.number(node.children.len() as u64 / 2),
            b'O' | b'o' => return self.object(node),
            _ => node.texts.iter().for_each(|text| self.text(text)),
        }
        node.children.iter().for_each(|child| self.value(child));
    }

    fn object(&mut self, node: &'a Node) {
        let mut children = node.children.iter();
        let mut next = |writer: &mut Self, count: usize| children.by_ref().take(count).for_each(|child| writer.value(child));
        next(self, 1);
        let flags = node.data.first().copied().unwrap_or(0);
        self.out.push(flags);
        next(self, node.counts[0]);
        if flags & 2 != 0 {
            self.number(node.counts[1] as u64);
            for text in &node.texts {
                self.text(text);
                next(self, 1);
            }
        }
        if flags & 4 != 0 {
            self.number(node.counts[2] as u64);
            next(self, 2 * node.counts[2]);
        }
    }
}

/// Whether two graphs are one but for floats within a relative tolerance.
pub fn close(one: &Node, other: &Node, tolerance: f64) -> bool {
    if one.tag != other.tag || one.id != other.id || one.texts != other.texts || one.counts != other.counts {
        return false;
    }
    if one.children.len() != other.children.len() {
        return false;
    }
    let is_float = matches!(one.tag, b'd' | b'c');
    let same_data = if is_float { floats_close(&one.data, &other.data, tolerance) } else { one.data == other.data };
    same_data && one.children.iter().zip(&other.children).all(|(one, other)| close(one, other, tolerance))
}

fn floats_close(one: &[u8], other: &[u8], tolerance: f64) -> bool {
    one.chunks(8).zip(other.chunks(8)).all(|(one, other)| {
        let (one, other) = (float(one), float(other));
        one.to_bits() == other.to_bits() || (one - other).abs() <= tolerance * one.abs().max(other.abs())
    })
}

/// A float from its eight bytes.
pub fn float(bytes: &[u8]) -> f64 {
    bytes.try_into().map_or(f64::NAN, f64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_alike_and_cut_bytes_are_refused() {
        // [[1], the same list, {"a": 2.5}]
        let bytes = b"L\x03L\x01i\x01\x01r\x01D\x01s\x01ad\x00\x00\x00\x00\x00\x00\x04@";
        let node = parse(bytes).expect("an encoding");
        assert_eq!(write(&node), bytes);
        assert!(parse(&bytes[..bytes.len() - 1]).is_none());
        assert!(parse(b"L\xff\xff\xff\xff\x0f").is_none());
    }

    #[test]
    fn a_reference_to_what_was_cut_away_becomes_it() {
        let whole = parse(b"t\x02L\x01i\x01\x01t\x01r\x00").expect("an encoding");
        assert_eq!(write_from(&whole, &whole.children[1]), b"t\x01L\x01i\x01\x01");
    }

    #[test]
    fn floats_are_close_within_the_tolerance_only() {
        let node = |value: f64| parse(&[b"d".as_slice(), &value.to_le_bytes()].concat()).expect("a float");
        assert!(close(&node(1.0), &node(1.0 + 1e-12), 1e-9));
        assert!(!close(&node(1.0), &node(1.0 + 1e-6), 1e-9));
        assert!(close(&node(f64::NAN), &node(f64::NAN), 1e-9) && !close(&node(f64::NAN), &node(1.0), 1e-9));
    }
}
