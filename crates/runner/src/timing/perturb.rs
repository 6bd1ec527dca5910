//! Values that no author of a candidate can know: recorded plain data with its leaves changed.
//!
//! Plain data reaches the runner as `marshal` blobs (Python's own format, version 4) and is patched
//! in place: types, lengths, structure and sharing stay, equal values stay equal, unequal ones stay
//! unequal, numbers keep their sign and order of magnitude, letters stay letters of the same case
//! and kind. All of it happens in the runner, so that neither seed nor mapping reach a worker.

use std::collections::HashSet;

use rand::{Rng, SeedableRng, rngs::SmallRng, seq::SliceRandom};

/// What is changed. Stronger levels are tried first; the baseline decides which one it bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Integers of at least this magnitude are shifted; `None` leaves every integer.
    pub integers_from: Option<i64>,
    /// Whether the distances between small integers change too; their order never does.
    pub gaps: bool,
    pub floats: bool,
    pub letters: bool,
    pub digits: bool,
    /// Whether texts that are keys of dictionaries are changed too.
    pub keys: bool,
}

impl Level {
    /// From the strongest to the weakest.
    pub const ALL: [Self; 7] = [
        Self { integers_from: Some(3), gaps: true, floats: true, letters: true, digits: true, keys: true },
        Self { integers_from: Some(3), gaps: true, floats: true, letters: true, digits: false, keys: false },
        Self { integers_from: Some(3), gaps: false, floats: true, letters: true, digits: false, keys: false },
        Self { integers_from: Some(100), gaps: false, floats: true, letters: true, digits: false, keys: false },
        Self { integers_from: Some(3), gaps: false, floats: true, letters: false, digits: true, keys: false },
        Self { integers_from: Some(1000), gaps: false, floats: true, letters: false, digits: false, keys: false },
        Self { integers_from: None, gaps: false, floats: false, letters: true, digits: false, keys: true },
    ];
}

/// Texts and numbers that a target's source names, which it may treat in a special way.
#[derive(Clone, Debug, Default)]
pub struct Named {
    texts: HashSet<Vec<u8>>,
    numbers: HashSet<i64>,
}

impl Named {
    /// Collects the quoted texts, words and numbers of a source.
    pub fn in_source(source: &str) -> Self {
        let mut named = Self::default();
        for quote in ['"', '\''] {
            for (number, piece) in source.split(quote).enumerate() {
                if number % 2 == 1 && piece.len() <= 200 {
                    named.texts.insert(piece.as_bytes().to_vec());
                }
            }
        }
        for word in source.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()) {
            match word.parse() {
                Ok(number) => named.numbers.insert(number),
                Err(_) => named.texts.insert(word.as_bytes().to_vec()),
            };
        }
        named
    }
}

/// From this magnitude on all integers are shifted alike.
const WIDE: usize = 2000;

fn shifts(random: &mut SmallRng, gaps: bool) -> Vec<i64> {
    let mut shift = random.random_range(1..=64);
    let mut bits = 0u64;
    (0..WIDE)
        .map(|magnitude| {
            if magnitude % 64 == 0 {
                bits = if gaps { random.random() } else { 0 };
            }
            shift += (bits >> (magnitude % 64) & 1) as i64;
            shift
        })
        .collect()
}

/// One mapping of values: the same for equal values, and injective but beside named numbers.
pub struct Perturbation<'a> {
    level: Level,
    named: &'a Named,
    /// What is added to integers below [`WIDE`], by magnitude: it never falls, so order stays.
    shifts: Vec<i64>,
    wide_shift: i64,
    stretch: f64,
    bytes: [u8; 256],
}

impl<'a> Perturbation<'a> {
    /// Draws a mapping from `seed`.
    pub fn new(level: Level, named: &'a Named, seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let shifts = shifts(&mut random, level.gaps);
        let wide_shift = shifts.last().copied().unwrap_or(1) + random.random_range(0..1000);
        let stretch = random.random_range(0.001..0.02);
        let mut bytes: [u8; 256] = std::array::from_fn(|byte| byte as u8);
        let mut permute = |class: &[u8]| {
            let mut image = class.to_vec();
            image.shuffle(&mut random);
            for (from, to) in class.iter().zip(image) {
                bytes[usize::from(*from)] = to;
                if from.is_ascii_lowercase() {
                    bytes[usize::from(from.to_ascii_uppercase())] = to.to_ascii_uppercase();
                }
            }
        };
        if level.letters {
            permute(b"aeiou");
            permute(b"bcdfghjklmnpqrstvwxz");
        }
        if level.digits {
            permute(b"123456789");
        }
        Self { level, named, shifts, wide_shift, stretch, bytes }
    }

    /// The blob with its leaves changed; `None` if it is not what `marshal` writes for plain data.
    pub fn apply(&self, blob: &[u8]) -> Option<Vec<u8>> {
        let mut walk = Walk { perturbation: self, bytes: blob.to_vec(), at: 0, depth: 0 };
        walk.object(false)?;
        (walk.at == walk.bytes.len()).then_some(walk.bytes)
    }

    /// The image of an integer.
    pub fn integer(&self, value: i64) -> i64 {
        match self.level.integers_from {
            // Beyond the limit the encoding would change its form; a named number has its meaning.
            Some(least) if value.abs() >= least && value.abs() < 1 << 30 && !self.named.numbers.contains(&value) => {
                let shift = usize::try_from(value.abs()).ok().and_then(|magnitude| self.shifts.get(magnitude)).unwrap_or(&self.wide_shift);
                let moved = value + value.signum() * shift;
                if self.named.numbers.contains(&moved) || moved.abs() >= 1 << 30 { value } else { moved }
            }
            _ => value,
        }
    }

    /// The image of a float.
    pub fn float(&self, value: f64) -> f64 {
        if !self.level.floats || !value.is_finite() || value == 0.0 {
            value
        } else if value.fract() == 0.0 {
            if value.abs() < f64::from(1 << 30) { self.integer(value as i64) as f64 } else { value }
        } else if value.abs() < 1.0 {
            value * (1.0 - self.stretch)
        } else {
            let moved = value * (1.0 + self.stretch);
            if moved.fract() == 0.0 { value } else { moved }
        }
    }

    /// Changes a text in place; `is_key` tells that it may be the key of a dictionary.
    pub fn text(&self, text: &mut [u8], is_key: bool) {
        if is_key && !self.level.keys {
            return;
        }
        if !self.named.texts.contains(&*text) {
            text.iter_mut().for_each(|byte| *byte = self.bytes[usize::from(*byte)]);
        }
    }
}

/// Deeper data than this is left to be built from its encoding.
const DEEPEST: u32 = 400;

struct Walk<'p, 'n> {
    perturbation: &'p Perturbation<'n>,
    bytes: Vec<u8>,
    at: usize,
    depth: u32,
}

impl Walk<'_, '_> {
    fn take(&mut self, count: usize) -> Option<&mut [u8]> {
        let from = self.at;
        self.at = from.checked_add(count)?;
        self.bytes.get_mut(from..self.at)
    }

    fn length(&mut self, wide: bool) -> Option<usize> {
        let bytes = self.take(if wide { 4 } else { 1 })?;
        Some(bytes.iter().rev().fold(0usize, |length, byte| length << 8 | usize::from(*byte)))
    }

    /// Walks one object. Answers whether it was the end mark of a dictionary.
    fn object(&mut self, is_key: bool) -> Option<bool> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let code = self.take(1)?[0] & 0x7f;
        match code {
            b'0' => {
                self.depth -= 1;
                return Some(true);
            }
            b'N' | b'T' | b'F' | b'.' => {}
            b'r' => drop(self.take(4)?),
            b'i' => self.integer()?,
            b'g' => self.float()?,
            b'y' => {
                self.float()?;
                self.float()?;
            }
            b'l' => self.long()?,
            b's' | b't' | b'u' | b'a' | b'A' => {
                let length = self.length(true)?;
                self.text(length, is_key)?;
            }
            b'z' | b'Z' => {
                let length = self.length(false)?;
                self.text(length, is_key)?;
            }
            b')' | b'(' | b'[' | b'<' | b'>' => {
                let length = self.length(code != b')')?;
                for _ in 0..length {
                    self.object(is_key)?;
                }
            }
            b'{' => {
                while !self.object(true)? {
                    self.object(false)?;
                }
            }
            _ => return None,
        }
        self.depth -= 1;
        Some(false)
    }

    fn integer(&mut self) -> Option<()> {
        let perturbation = self.perturbation;
        let bytes = self.take(4)?;
        let value = i32::from_le_bytes(bytes.try_into().ok()?);
        let moved = i32::try_from(perturbation.integer(value.into())).unwrap_or(value);
        bytes.copy_from_slice(&moved.to_le_bytes());
        Some(())
    }

    fn float(&mut self) -> Option<()> {
        let perturbation = self.perturbation;
        let bytes = self.take(8)?;
        let value = f64::from_le_bytes(bytes.try_into().ok()?);
        bytes.copy_from_slice(&perturbation.float(value).to_le_bytes());
        Some(())
    }

    /// Integers beyond 31 bits: 15-bit digits, the lowest first. Changes bits of the lowest digit.
    fn long(&mut self) -> Option<()> {
        let mask = self.perturbation.level.integers_from.map_or(0, |_| self.perturbation.wide_shift as u16 & 0x3ff);
        let bytes = self.take(4)?;
        let digits = i32::from_le_bytes(bytes.try_into().ok()?).unsigned_abs() as usize;
        let digits = self.take(digits.checked_mul(2)?)?;
        if let [low, high, _, ..] = digits {
            let value = u16::from_le_bytes([*low, *high]) ^ mask;
            [*low, *high] = value.to_le_bytes();
        }
        Some(())
    }

    fn text(&mut self, length: usize, is_key: bool) -> Option<()> {
        let perturbation = self.perturbation;
        let text = self.take(length)?;
        perturbation.text(text, is_key);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `marshal.dumps(([300, 300, -7, 2, 1.5, 4.0], "abcA", {"key": "value"}, 10**12, None), 4)`.
    const SAMPLE: &[u8] = b"\xa9\x05[\x06\x00\x00\x00\xe9\x2c\x01\x00\x00\xe9\x2c\x01\x00\x00\xe9\xf9\xff\xff\xff\xe9\x02\x00\x00\x00\xe7\x00\x00\x00\x00\x00\x00\xf8?\xe7\x00\x00\x00\x00\x00\x00\x10@\xda\x04abcA{\xda\x03key\xda\x05value0\xec\x03\x00\x00\x00\x00\x10J)\xa3\x03N";

    fn changed(level: usize, seed: u64, source: &str) -> Vec<u8> {
        let named = Named::in_source(source);
        Perturbation::new(Level::ALL[level], &named, seed).apply(SAMPLE).expect("plain data")
    }

    #[test]
    fn lengths_and_structure_stay_and_leaves_change() {
        for seed in 0..50 {
            let bytes = changed(0, seed, "");
            assert_eq!(bytes.len(), SAMPLE.len());
            assert_ne!(bytes, SAMPLE);
            assert_eq!(&bytes[8..12], &bytes[13..17], "equal integers stay equal");
            assert_eq!(bytes[23], 2, "small integers keep their meaning");
            assert_eq!(bytes[bytes.len() - 1], b'N');
        }
    }

    #[test]
    fn keys_and_texts_that_the_source_names_are_kept_where_the_level_says_so() {
        let holds = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        let seed = (0..).find(|seed| !holds(&changed(0, *seed, ""), b"key")).expect("most seeds change it");
        assert!(holds(&changed(1, seed, ""), b"key"));
        assert!(holds(&changed(0, seed, "row['key']"), b"key"));
    }

    #[test]
    fn different_values_stay_different_and_integers_in_order() {
        let named = Named::in_source("x = 12");
        for level in Level::ALL {
            for seed in 0..30 {
                let perturbation = Perturbation::new(level, &named, seed);
                let integers: HashSet<i64> = (-400..400).map(|value| perturbation.integer(value)).collect();
                assert!(integers.len() >= 796, "{level:?} {seed}: {} of 800", integers.len());
                let images: Vec<i64> = (13..5000).map(|value| perturbation.integer(value)).collect();
                assert!(images.is_sorted());
                let bytes: HashSet<u8> = perturbation.bytes.iter().copied().collect();
                assert_eq!(bytes.len(), 256);
            }
        }
    }

    #[test]
    fn anything_but_plain_data_is_refused() {
        let named = Named::default();
        let perturbation = Perturbation::new(Level::ALL[0], &named, 1);
        assert_eq!(perturbation.apply(b"c\x00\x00"), None, "code objects");
        assert_eq!(perturbation.apply(&SAMPLE[..20]), None, "a cut blob");
        assert_eq!(perturbation.apply(&[b')', 1].repeat(1000)), None, "too deep");
        assert_eq!(perturbation.apply(b"NN"), None, "two objects");
    }
}
