//! Outcomes of calls: sections of canonical bytes, compared here and nowhere near the code under test.

use std::collections::HashMap;

use serde::Deserialize;

use super::{
    graph::{self, Node},
    show,
};

const MAGIC: &[u8] = b"WO1";

/// Sections by number (capture.py); the order in which a difference is looked for is `ORDER`.
pub mod section {
    pub const META: usize = 0;
    pub const END: usize = 1;
    pub const ARGUMENTS: usize = 2;
    pub const STATE: usize = 3;
    pub const RANDOM: usize = 4;
    pub const TRANSCRIPT: usize = 10;
    pub const COUNT: usize = 11;
}

/// Sections with the aspect that people are told, most telling first.
const ORDER: [(usize, &str); 10] = [
    (section::END, "result"),
    (section::ARGUMENTS, "argument"),
    (section::TRANSCRIPT, "iteration"),
    (5, "calls"),
    (6, "output"),
    (7, "warnings"),
    (8, "log"),
    (section::STATE, "state"),
    (section::RANDOM, "random state"),
    (9, "process"),
];

/// What a worker tells about a call beside what is compared.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// What could not be seen into.
    pub opaque: Vec<String>,
    /// Who raised: `repository`, `callee` (what the harness plays), `interpreter`, or empty where nothing was raised.
    pub raised: String,
    /// Whether the recursion or memory limit was met.
    pub limit: bool,
    /// Whether the interpreter raised because an int is larger than its C code has room for.
    pub beyond: bool,
    /// The two types between which the interpreter says that there is no order.
    pub unordered: String,
    /// Iterators and callables that the call made.
    pub lazy: u32,
    /// Nanoseconds of the call by the worker's own clock; orders cases, never evidence.
    pub elapsed: u64,
}

/// One outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    sections: Vec<Option<Vec<u8>>>,
    pub meta: Meta,
}

impl Outcome {
    /// Reads an outcome; `None` if the bytes are none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let mut sections = vec![None; section::COUNT];
        while let [number, a, b, c, d, tail @ ..] = rest {
            let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            *sections.get_mut(usize::from(*number))? = Some(tail.get(..length)?.to_vec());
            rest = &tail[length..];
        }
        let meta = sections[section::META].as_deref().map_or(Some(Meta::default()), |text| serde_json::from_slice(text).ok())?;
        rest.is_empty().then_some(Self { sections, meta })
    }

    /// A section's bytes.
    pub fn section(&self, number: usize) -> Option<&[u8]> {
        self.sections.get(number)?.as_deref()
    }

    /// Whether the call returned, where that can be told.
    pub fn returned(&self) -> bool {
        self.section(section::END).is_some_and(|end| end.starts_with(b"t\x02T"))
    }

    /// What tells distinct outcomes apart when evidence is counted.
    pub fn distinct(&self) -> Vec<u8> {
        [section::END, section::ARGUMENTS, section::TRANSCRIPT]
            .iter()
            .flat_map(|&number| self.section(number).unwrap_or_default().to_vec())
            .collect()
    }

    /// Whether a recorded outcome is what this replay gave, as far as live capture sees.
    pub fn repeats(&self, recorded: &Self) -> bool {
        [section::END, section::ARGUMENTS, section::STATE, section::RANDOM, section::TRANSCRIPT].iter().all(|&number| {
            match recorded.section(number) {
                Some(bytes) => self.section(number) == Some(bytes),
                None => true,
            }
        })
    }

    /// The first difference between a baseline's outcome and a candidate's; floats may differ by `tolerance`.
    pub fn difference(&self, candidate: &Self, tolerance: f64) -> Option<Difference> {
        for (number, aspect) in ORDER {
            let (ours, theirs) = (self.section(number).unwrap_or_default(), candidate.section(number).unwrap_or_default());
            let is_alike = ours == theirs
                || within(ours, theirs, tolerance)
                // Where the size is met, and by which of its errors, is the interpreter's business.
                || number == section::END && self.meta.beyond && candidate.meta.raised == "interpreter"
                // Which of two values without an order was asked first shows in the text of the error alone.
                || number == section::END && !self.meta.unordered.is_empty() && self.meta.unordered == candidate.meta.unordered
                || number == section::END && gives_argument_back(ours, theirs, candidate.section(section::ARGUMENTS));
            if !is_alike {
                let raises = number == section::END && !(self.returned() && candidate.returned());
                let aspect = if raises { "exception" } else { aspect };
                let (baseline, candidate) = texts(number, ours, theirs);
                return Some(Difference { aspect: aspect.into(), baseline, candidate });
            }
        }
        None
    }
}

/// Where two outcomes part, with text for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub aspect: String,
    pub baseline: String,
    pub candidate: String,
}

/// Whether two encodings are one but for floats within a relative tolerance; none are within none.
pub fn within(ours: &[u8], theirs: &[u8], tolerance: f64) -> bool {
    if tolerance <= 0.0 {
        return false;
    }
    match (graph::parse_all(ours), graph::parse_all(theirs)) {
        (Some(ours), Some(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(one, other)| graph::close(one, other, tolerance))
        }
        _ => false,
    }
}

/// Whether the ends differ in this alone: where the baseline gives a plain text or number, the candidate gives
/// back an argument that equals it, of a subclass that generation made. For what callers pass this is the identity of
/// an immutable value, which is not compared; a subclass that the baseline keeps and the candidate loses is.
fn gives_argument_back(ours: &[u8], theirs: &[u8], arguments: Option<&[u8]>) -> bool {
    let (Some(ours), Some(theirs), Some(arguments)) = (graph::parse(ours), graph::parse(theirs), arguments.and_then(graph::parse)) else {
        return false;
    };
    let made: HashMap<u64, &Node> = arguments.children.iter().filter_map(|node| Some((node.id?, plain_payload(node)?))).collect();
    !made.is_empty() && alike(&ours, &theirs, &made)
}

/// What an instance of one of the harness's plain subclasses of an immutable type holds.
fn plain_payload(node: &Node) -> Option<&Node> {
    let [class, payload, ..] = node.children.as_slice() else { return None };
    let is_plain = node.tag == b'O' && class.texts.first().is_some_and(|module| module == b"whet_harness.plain");
    let [held] = payload.children.as_slice() else { return None };
    (is_plain && payload.tag == b't' && matches!(held.tag, b's' | b'i' | b'd' | b'b')).then_some(held)
}

fn alike(ours: &Node, theirs: &Node, made: &HashMap<u64, &Node>) -> bool {
    if theirs.tag == b'r' && ours.tag != b'r' {
        return theirs.id.and_then(|id| made.get(&id)).is_some_and(|held| *held == ours);
    }
    let same_head = (ours.tag, ours.id, &ours.data, &ours.texts, &ours.counts, ours.children.len())
        == (theirs.tag, theirs.id, &theirs.data, &theirs.texts, &theirs.counts, theirs.children.len());
    same_head && ours.children.iter().zip(&theirs.children).all(|(one, other)| alike(one, other, made))
}

/// Both sides of a section as text: of what differs first, where that can be told.
fn texts(number: usize, ours: &[u8], theirs: &[u8]) -> (String, String) {
    let (Some(ours), Some(theirs)) = (graph::parse_all(ours), graph::parse_all(theirs)) else {
        return ("<other bytes>".into(), "<other bytes>".into());
    };
    let (one, other) = if number == section::END {
        (end_text(&ours), end_text(&theirs))
    } else {
        let (one, other) = first_difference(&ours, &theirs);
        (one.map_or("nothing".into(), show::value), other.map_or("nothing".into(), show::value))
    };
    if one == other { (one, format!("{other}, different in what is shared or not shown here")) } else { (one, other) }
}

fn end_text(nodes: &[Node]) -> String {
    match nodes.first().map(|node| node.children.as_slice()) {
        Some([returned, value]) if returned.tag == b'T' => show::value(value),
        Some([_, value]) => format!("raises {}", show::value(value)),
        _ => "nothing".into(),
    }
}

fn first_difference<'a>(ours: &'a [Node], theirs: &'a [Node]) -> (Option<&'a Node>, Option<&'a Node>) {
    let count = ours.len().max(theirs.len());
    let differing = (0..count).find(|&index| ours.get(index) != theirs.get(index)).unwrap_or(0);
    match (ours.get(differing), theirs.get(differing)) {
        // Arguments, steps and the like stand in a tuple.
        (Some(one), Some(other)) if one.tag == b't' && other.tag == b't' => first_difference(&one.children, &other.children),
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(sections: &[(u8, &[u8])]) -> Outcome {
        let mut bytes = MAGIC.to_vec();
        for (number, content) in sections {
            bytes.push(*number);
            bytes.extend_from_slice(&u32::try_from(content.len()).expect("short").to_le_bytes());
            bytes.extend_from_slice(content);
        }
        Outcome::parse(&bytes).expect("well formed")
    }

    #[test]
    fn the_meta_section_is_not_compared_and_a_missing_section_is() {
        let one = outcome(&[(0, b"{\"elapsed\": 1}"), (1, b"t\x02TN")]);
        let other = outcome(&[(0, b"{\"elapsed\": 2}"), (1, b"t\x02TN")]);
        assert_eq!(one.difference(&other, 0.0), None);
        let longer = outcome(&[(1, b"t\x02TN"), (10, b"N")]);
        assert_eq!(one.difference(&longer, 0.0).expect("a transcript more").aspect, "iteration");
    }

    #[test]
    fn by_which_error_of_the_interpreter_an_int_is_too_large_is_no_difference() {
        let (beyond, own) = (b"{\"beyond\": true, \"raised\": \"interpreter\"}".as_slice(), b"{\"raised\": \"interpreter\"}".as_slice());
        let raises = |meta, what| outcome(&[(0, meta), (1, what)]);
        let (one, other) = (b"t\x02Fi\x01\x01".as_slice(), b"t\x02Fi\x01\x02".as_slice());
        assert_eq!(raises(beyond, one).difference(&raises(own, other), 0.0), None);
        assert!(raises(own, one).difference(&raises(beyond, other), 0.0).is_some());
        assert!(raises(beyond, one).difference(&raises(b"{\"raised\": \"repository\"}", other), 0.0).is_some());
        assert!(raises(beyond, one).difference(&raises(b"{}", b"t\x02TN"), 0.0).is_some(), "it is passed over");
    }

    #[test]
    fn which_of_two_values_without_an_order_was_asked_first_is_no_difference() {
        let of = |types: &str| format!("{{\"raised\": \"interpreter\", \"unordered\": \"{types}\"}}").into_bytes();
        let raises = |types, what| outcome(&[(0, of(types).as_slice()), (1, what)]);
        let (one, other) = (b"t\x02Fi\x01\x01".as_slice(), b"t\x02Fi\x01\x02".as_slice());
        assert_eq!(raises("int str", one).difference(&raises("int str", other), 0.0), None);
        assert!(raises("int str", one).difference(&raises("NoneType str", other), 0.0).is_some(), "other values were compared");
        assert!(raises("", one).difference(&raises("", other), 0.0).is_some());
    }

    #[test]
    fn a_difference_names_its_aspect_and_shows_both_sides() {
        let one = outcome(&[(1, b"t\x02Ti\x01\x01")]);
        let other = outcome(&[(1, b"t\x02TT")]);
        let found = one.difference(&other, 0.0).expect("1 is not True");
        assert_eq!((found.aspect.as_str(), found.baseline.as_str(), found.candidate.as_str()), ("result", "1", "True"));
        let raising = outcome(&[(1, b"t\x02Fi\x01\x01")]);
        assert_eq!(one.difference(&raising, 0.0).expect("it raises").aspect, "exception");
    }

    #[test]
    fn a_plain_subclass_given_back_is_its_equal_and_one_that_is_lost_is_not() {
        let arguments = b"t\x01K\x00OCs\x12whet_harness.plains\x03Str\x05t\x01s\x01a\x00";
        let outcome = |end: &[u8]| outcome(&[(1, end), (2, arguments)]);
        let (base, given_back, other) = (outcome(b"t\x02Ts\x01a"), outcome(b"t\x02Tr\x00"), outcome(b"t\x02Ts\x01b"));
        assert_eq!(base.difference(&given_back, 0.0), None);
        assert!(given_back.difference(&base, 0.0).is_some(), "the subclass is lost");
        assert!(other.difference(&given_back, 0.0).is_some(), "another text");
    }

    #[test]
    fn an_outcome_that_is_cut_is_none() {
        assert!(Outcome::parse(b"WO1\x01\x05\x00\x00\x00ab").is_none());
        assert!(Outcome::parse(b"").is_none());
    }
}
