//! Changes the values inside a pickle as C picklers write it (protocol 4), in place.

use super::perturb::Perturbation;

/// The pickle with its leaves changed but for `names`; `None` if it holds an unknown operation.
///
/// Texts in dictionaries stand in a pickle like any other; they count as keys where the operation
/// after a mark or pair says so, which a single pass cannot tell: so with levels that spare keys, no
/// text of a graph with instances is changed that is short enough to be one.
pub fn apply(perturbation: &Perturbation<'_>, pickle: &[u8], names: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut bytes = pickle.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let operation = bytes[at];
        at += 1;
        let (skipped, content) = argument(operation, &bytes[at..])?;
        let range = at + skipped..at + skipped + content;
        at = range.end;
        // BINPERSID comes next: the number of a reference is no value.
        let is_reference = bytes.get(at) == Some(&b'Q');
        let content = bytes.get_mut(range)?;
        match operation {
            _ if is_reference => {}
            b'J' => {
                let value = i32::from_le_bytes(content.try_into().ok()?);
                content.copy_from_slice(&i32::try_from(perturbation.integer(value.into())).unwrap_or(value).to_le_bytes());
            }
            b'K' => {
                let moved = perturbation.integer(content[0].into());
                content[0] = u8::try_from(moved).unwrap_or(content[0]);
            }
            b'M' => {
                let value = u16::from_le_bytes([content[0], content[1]]);
                // Below 256 a pickler would have written another operation; readers do not mind.
                let moved = u16::try_from(perturbation.integer(value.into())).unwrap_or(value);
                content.copy_from_slice(&moved.to_le_bytes());
            }
            b'G' => {
                let value = f64::from_be_bytes((&*content).try_into().ok()?);
                content.copy_from_slice(&perturbation.float(value).to_be_bytes());
            }
            0x8c | b'X' | 0x8d if !names.iter().any(|name| *name == *content) => {
                let may_be_key = content.len() <= LONGEST_KEY;
                perturbation.text(content, may_be_key);
            }
            b'C' | b'B' | 0x8e => perturbation.text(content, false),
            _ => {}
        }
        if operation == b'.' {
            return (at == bytes.len()).then_some(bytes);
        }
    }
    None
}

/// Longer texts are not taken for keys.
const LONGEST_KEY: usize = 40;

/// Bytes before an operation's content (its length, mostly), and bytes of the content.
fn argument(operation: u8, rest: &[u8]) -> Option<(usize, usize)> {
    let sized = |width: usize| {
        let bytes = rest.get(..width)?;
        let length = bytes.iter().rev().fold(0u64, |length, byte| length << 8 | u64::from(*byte));
        Some((width, usize::try_from(length).ok()?))
    };
    match operation {
        // PROTO, BINPUT, BINGET, LONG1 by its length, BININT1
        0x80 | b'q' | b'h' | b'K' => Some((0, 1)),
        0x8a => sized(1),
        0x8b => sized(4),
        b'M' => Some((0, 2)),
        b'J' | b'j' | b'r' => Some((0, 4)),
        // BINFLOAT, FRAME
        b'G' | 0x95 => Some((0, 8)),
        // SHORT_BINUNICODE, SHORT_BINBYTES
        0x8c | b'C' => sized(1),
        b'X' | b'B' => sized(4),
        0x8d | 0x8e | 0x96 => sized(8),
        // Operations without an argument: marks, containers, constants, NEWOBJ, REDUCE, BUILD, ...
        b'('
        | b'.'
        | b'0'
        | b'1'
        | b'2'
        | b'N'
        | b'}'
        | b']'
        | b')'
        | b'a'
        | b'e'
        | b's'
        | b'u'
        | b't'
        | b'b'
        | b'R'
        | b'Q'
        | b'l'
        | b'd'
        | 0x81..=0x83
        | 0x85..=0x89
        | 0x8f..=0x94 => Some((0, 0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::perturb::{Level, Named},
        *,
    };

    /// `pickle.dumps([70000, 300, 7, 1.5, "word", {"key": "value"}, b"abc", 10**12], 4)`.
    const SAMPLE: &[u8] = b"\x80\x04\x95>\x00\x00\x00\x00\x00\x00\x00]\x94(Jp\x11\x01\x00M,\x01K\x07G?\xf8\x00\x00\x00\x00\x00\x00\x8c\x04word\x94}\x94\x8c\x03key\x94\x8c\x05value\x94sC\x03abc\x94\x8a\x06\x00\x10\xa5\xd4\xe8\x00e.";

    #[test]
    fn leaves_change_names_stay_and_the_form_is_kept() {
        let named = Named::default();
        for seed in 0..40 {
            let perturbation = Perturbation::new(Level::ALL[0], &named, seed);
            let changed = apply(&perturbation, SAMPLE, &[b"key".to_vec()]).expect("known operations");
            assert_eq!(changed.len(), SAMPLE.len());
            assert_ne!(changed, SAMPLE);
            assert!(changed.windows(3).any(|window| window == b"key"));
            assert_eq!(i32::from_le_bytes([SAMPLE[15], SAMPLE[16], SAMPLE[17], SAMPLE[18]]), 70_000);
            assert_ne!(changed[15..19], SAMPLE[15..19]);
        }
    }

    #[test]
    fn numbers_of_references_are_no_values() {
        // As a pickler with persistent ids writes [the 90th object, 90, the 300th object].
        let sample = b"\x80\x04]\x94(KZQKZM,\x01Qe.";
        let named = Named::default();
        let mut changed = 0;
        for seed in 0..40 {
            let made = apply(&Perturbation::new(Level::ALL[0], &named, seed), sample, &[]).expect("known operations");
            assert_eq!((&made[..8], &made[10..]), (&sample[..8], &sample[10..]));
            changed += u32::from(made[9] != sample[9]);
        }
        assert!(changed > 0);
    }

    #[test]
    fn unknown_operations_and_cut_pickles_are_refused() {
        let named = Named::default();
        let perturbation = Perturbation::new(Level::ALL[0], &named, 1);
        assert_eq!(apply(&perturbation, b"\x80\x04\xff.", &[]), None);
        assert_eq!(apply(&perturbation, &SAMPLE[..30], &[]), None);
        assert_eq!(apply(&perturbation, &SAMPLE[..SAMPLE.len() - 1], &[]), None);
    }
}
