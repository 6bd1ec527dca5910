//! Text of encoded values for people and prompts, as expressions of Python where there is one.

use std::borrow::Cow;

use super::graph::{Node, float};

/// Where a recorded input has what its streams gave: a list of stream, `gives` or `raises`, and value.
const STEPS_OF_STREAMS: usize = 4;

/// Longer texts are cut in the middle.
const LONGEST: usize = 400;

/// The value as text.
pub fn value(node: &Node) -> String {
    let mut text = String::new();
    append(node, &mut text);
    cut(text)
}

/// A call of `name` with an input's arguments.
pub fn call(name: &str, input: &Node) -> String {
    let input = with_steps(unshared(input));
    let arguments = input.children.first().map(unshared).map_or(&[][..], |node| &node.children);
    let keywords = input.children.get(1).map(unshared).map_or(&[][..], |node| &node.children);
    let mut parts: Vec<String> = arguments.iter().map(full).collect();
    for pair in keywords.iter().map(unshared) {
        if let [name, value] = pair.children.as_slice() {
            parts.push(format!("{}={}", String::from_utf8_lossy(&unshared(name).data), full(value)));
        }
    }
    cut(format!("{name}({})", parts.join(", ")))
}

/// The input with what its streams gave in their places.
fn with_steps(input: &Node) -> Cow<'_, Node> {
    let Some(steps) = input.children.get(STEPS_OF_STREAMS) else { return Cow::Borrowed(input) };
    let mut whole = input.clone();
    let mut streams = 0;
    whole.children[..STEPS_OF_STREAMS].iter_mut().for_each(|part| fill(part, steps, &mut streams));
    Cow::Owned(whole)
}

/// Fills the streams below a node, which are numbered in the order in which they are met.
fn fill(node: &mut Node, steps: &Node, streams: &mut usize) {
    let content = node.children.first_mut().filter(|_| node.tag == b'W').map(|content| match content.tag {
        b'a' => &mut content.children[0],
        _ => content,
    });
    if let Some(items) = content.and_then(|content| content.children.get_mut(1))
        && items.tag == b'N'
    {
        let of_it = |step: &&Node| step.children.len() == 3 && integer(&step.children[0].data) == streams.to_string();
        let given = steps.children.iter().map(unshared).filter(of_it).map(|step| step.children[2].clone());
        *items = Node { tag: b'L', children: given.collect(), ..items.clone() };
        *streams += 1;
        return;
    }
    node.children.iter_mut().for_each(|child| fill(child, steps, streams));
}

fn full(node: &Node) -> String {
    let mut text = String::new();
    append(node, &mut text);
    text
}

/// Shortens a text in its middle.
pub fn cut(text: String) -> String {
    let count = text.chars().count();
    if count <= LONGEST {
        return text;
    }
    let head: String = text.chars().take(LONGEST * 2 / 3).collect();
    let tail: String = text.chars().skip(count - LONGEST / 4).collect();
    format!("{head} … {tail}")
}

/// Looks through the mark of a shared atom.
pub fn unshared(node: &Node) -> &Node {
    if node.tag == b'a' { node.children.first().map_or(node, unshared) } else { node }
}

fn append(node: &Node, text: &mut String) {
    // What is cut away later need not be written.
    if text.len() > 40 * LONGEST {
        return;
    }
    match node.tag {
        b'N' => text.push_str("None"),
        b'T' => text.push_str("True"),
        b'F' => text.push_str("False"),
        b'E' => text.push_str("..."),
        b'M' => text.push_str("NotImplemented"),
        b'U' => text.push_str("<unset>"),
        b'i' => text.push_str(&integer(&node.data)),
        b'd' => text.push_str(&float_text(float(&node.data))),
        b'c' => text.push_str(&format!("complex({}, {})", float_text(float(&node.data[..8])), float_text(float(&node.data[8..])))),
        b's' => quote(&String::from_utf8_lossy(&node.data), text),
        b'b' => bytes(&node.data, text),
        b't' if node.children.len() == 1 => list(node, "(", ",)", text),
        b't' => list(node, "(", ")", text),
        b'L' => list(node, "[", "]", text),
        b'S' if node.children.is_empty() => text.push_str("set()"),
        b'S' => list(node, "{", "}", text),
        b'z' => list(node, "frozenset({", "})", text),
        b'D' => pairs(&node.children, text),
        b'a' => node.children.iter().for_each(|child| append(child, text)),
        b'r' | b'A' => text.push_str("<the same object>"),
        b'C' | b'R' | b'g' => text.push_str(&dotted(node)),
        b'G' => {
            text.push_str(&dotted(node));
            text.push_str(" = ");
            node.children.iter().for_each(|child| append(child, text));
        }
        b'O' | b'o' => object(node, text),
        b'e' => member(node, text),
        _ => other(node, text),
    }
}

fn other(node: &Node, text: &mut String) {
    let name = node.texts.first().map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default();
    match node.tag {
        b'm' => {
            append(&node.children[0], text);
            text.push_str(&format!(".{name}"));
        }
        b'P' => text.push_str(&format!("<function {}>", node.children.get(3).map(plain).unwrap_or_default())),
        b'h' => {
            append(&node.children[0], text);
            text.push_str(" of ");
            append(&node.children[1], text);
        }
        b'W' => {
            let parts = node.children.first().map(unshared).map_or(&[][..], |content| &content.children);
            text.push_str(&format!("<{} ", parts.first().map(plain).unwrap_or_default()));
            if let Some(content) = parts.get(1) {
                append(content, text);
            }
            text.push('>');
        }
        b'Y' | b'X' | b'k' => text.push_str(&format!("<{name}>")),
        b'f' => list(node, "flag(", ")", text),
        _ => text.push('?'),
    }
}

/// A string's own text, without quotes.
pub fn plain(node: &Node) -> String {
    String::from_utf8_lossy(&unshared(node).data).into_owned()
}

fn dotted(node: &Node) -> String {
    let parts: Vec<_> = node.texts.iter().map(|text| String::from_utf8_lossy(text)).filter(|text| !text.is_empty()).collect();
    if parts.first().is_some_and(|module| module == "builtins") { parts[1..].join(".") } else { parts.join(".") }
}

fn member(node: &Node, text: &mut String) {
    append(&node.children[0], text);
    text.push('.');
    text.push_str(&plain(&node.children[1]));
}

fn list(node: &Node, open: &str, close: &str, text: &mut String) {
    text.push_str(open);
    for (index, child) in node.children.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        append(child, text);
    }
    text.push_str(close);
}

fn pairs(children: &[Node], text: &mut String) {
    text.push('{');
    for (index, pair) in children.chunks(2).enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        append(&pair[0], text);
        text.push_str(": ");
        pair.get(1).into_iter().for_each(|value| append(value, text));
    }
    text.push('}');
}

fn object(node: &Node, text: &mut String) {
    let class = node.children.first().map(dotted).unwrap_or_default();
    let mut parts = Vec::new();
    let mut cause = String::new();
    let [payload, slots, attributes] = node.counts;
    if payload == 1 {
        let content = unshared(&node.children[1]);
        let is_exception =
            content.children.len() >= 3 && matches!(content.children[2].tag, b'T' | b'F') && unshared(&content.children[0]).tag == b't';
        let shown = if is_exception { &unshared(&content.children[0]).children } else { &content.children };
        let state = shown.first().filter(|state| state.tag == b'b');
        let fields = state.and_then(|state| moment(&class, &state.data));
        let rest = if fields.is_some() { &shown[1..] } else { shown };
        parts.extend(fields.into_iter().chain(rest.iter().map(full)));
        // How an exception was raised: `from` another, or from none.
        if is_exception && (content.children[1].tag != b'N' || content.children[2].tag == b'T') {
            cause = format!(" from {}", full(&content.children[1]));
        }
    }
    for (name, value) in node.texts.iter().zip(node.children.iter().skip(1 + payload)) {
        parts.push(format!("{}={}", String::from_utf8_lossy(name).rsplit('.').next().unwrap_or_default(), full(value)));
    }
    for pair in node.children.get(1 + payload + slots..).unwrap_or_default().chunks(2).take(attributes) {
        parts.push(format!("{}={}", plain(&pair[0]), pair.get(1).map(full).unwrap_or_default()));
    }
    text.push_str(&format!("{class}({}){cause}", parts.join(", ")));
}

/// The fields of a date or time by the bytes that it is pickled as; a set highest bit is the fold.
fn moment(class: &str, state: &[u8]) -> Option<String> {
    let parts = |bytes: &[u8]| bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    let micros = |bytes: &[u8]| match u32::from(bytes[0]) << 16 | u32::from(bytes[1]) << 8 | u32::from(bytes[2]) {
        0 => String::new(),
        some => format!(", {some}"),
    };
    let year = || u16::from_be_bytes([state[0], state[1]]);
    let fold = |byte: u8| if byte & 0x80 == 0 { "" } else { ", fold=1" };
    match (class, state.len()) {
        ("datetime.date", 4) => Some(format!("{}, {}", year(), parts(&state[2..]))),
        ("datetime.datetime", 10) => {
            let (month, rest) = (state[2] & 0x7f, parts(&state[3..7]));
            Some(format!("{}, {month}, {rest}{}{}", year(), micros(&state[7..]), fold(state[2])))
        }
        ("datetime.time", 6) => Some(format!("{}, {}{}{}", state[0] & 0x7f, parts(&state[1..3]), micros(&state[3..]), fold(state[0]))),
        _ => None,
    }
}

fn integer(data: &[u8]) -> String {
    if data.len() > 16 {
        return format!("<integer of {} bits>", data.len() * 8);
    }
    let negative = data.last().is_some_and(|byte| byte & 128 != 0);
    let mut bytes = [if negative { 255 } else { 0 }; 16];
    bytes[..data.len()].copy_from_slice(data);
    i128::from_le_bytes(bytes).to_string()
}

fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "float('nan')".into();
    }
    if value.is_infinite() {
        return format!("float('{}inf')", if value < 0.0 { "-" } else { "" });
    }
    format!("{value:?}")
}

fn quote(value: &str, text: &mut String) {
    text.push('\'');
    for c in value.chars() {
        match c {
            '\'' => text.push_str("\\'"),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c.is_control() => text.push_str(&format!("\\x{:02x}", c as u32)),
            c => text.push(c),
        }
    }
    text.push('\'');
}

fn bytes(value: &[u8], text: &mut String) {
    text.push_str("b'");
    value.iter().for_each(|&byte| text.push_str(&byte.escape_ascii().to_string()));
    text.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behaviour::graph::parse;

    #[test]
    fn values_read_as_python_writes_them() {
        let shown = |bytes: &[u8]| value(&parse(bytes).expect("an encoding"));
        assert_eq!(shown(b"L\x02i\x01\xffd\x00\x00\x00\x00\x00\x00\x00\x80"), "[-1, -0.0]");
        assert_eq!(shown(b"D\x01s\x01at\x01T"), "{'a': (True,)}");
        assert_eq!(shown(b"OCs\x08builtinss\x0aValueError\x05t\x03t\x01s\x02noNF\x00"), "ValueError('no')");
        assert_eq!(shown(b"OCs\x08builtinss\x0aValueError\x05t\x03t\x01s\x02noNT\x00"), "ValueError('no') from None");
    }

    #[test]
    fn dates_and_times_show_their_fields() {
        let shown = |bytes: &[u8]| value(&parse(bytes).expect("an encoding"));
        assert_eq!(shown(b"oCs\x08datetimes\x04date\x01t\x01b\x04\x07\xe7\t\x1e"), "datetime.date(2023, 9, 30)");
        let late = b"oCs\x08datetimes\x08datetime\x01t\x01b\n\x07\xe8\x8a\x1b\x02\x1e\x00\x00\x00\x07";
        assert_eq!(shown(late), "datetime.datetime(2024, 10, 27, 2, 30, 0, 7, fold=1)");
        assert_eq!(shown(b"oCs\x08datetimes\x04time\x01t\x01b\x06\x01\x02\x00\x00\x00\x00"), "datetime.time(1, 2, 0)");
    }

    #[test]
    fn a_call_shows_positional_and_keyword_arguments() {
        let input = parse(b"t\x04at\x01i\x01\x03at\x01at\x02s\x03keyNt\x00N").expect("an input");
        assert_eq!(call("f", &input), "f(3, key=None)");
    }

    #[test]
    fn a_stream_shows_what_the_recorded_call_took() {
        let stream = "Wat\x03s\x06streamNN";
        let step = |number: &str, value: &str| format!("at\x03i\x01{number}s\x05gives{value}");
        let steps = [step("\0", "i\x01\x05"), step("\x01", "T"), step("\0", "i\x01\x06")].concat();
        let input = parse(format!("t\x05at\x02{stream}{stream}t\0t\0NL\x03{steps}").as_bytes()).expect("an input");
        assert_eq!(call("f", &input), "f(<stream [5, 6]>, <stream [True]>)");
    }
}
