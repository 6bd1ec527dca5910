//! Challenges: values whose encoding the runner computes by itself (challenge.py builds them there).

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Source(u64);

impl Source {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

const LETTERS: [&str; 12] = ["a", "b", "c", "X", "Y", "Z", " ", "0", "9", "-", "é", "中"];

/// The encoding that an honest worker gives for `nonce`.
pub fn expected(nonce: u64) -> Vec<u8> {
    let mut writer = Writer { source: Source(nonce), out: Vec::new(), numbered: 1 };
    let shared = writer.source.below(1000);
    let count = 3 + writer.source.below(4);
    writer.out.extend([b'L', u8::try_from(count + 3).unwrap_or(u8::MAX)]);
    (0..count).for_each(|_| writer.one(3));
    let number = writer.numbered;
    writer.out.extend(b"L\x01");
    writer.integer(i128::from(shared));
    writer.reference(number);
    writer.out.extend(b"D\x01s\x05again");
    writer.reference(number);
    writer.out
}

struct Writer {
    source: Source,
    out: Vec<u8>,
    numbered: u64,
}

impl Writer {
    fn one(&mut self, depth: u32) {
        match self.source.below(if depth > 0 { 8 } else { 5 }) {
            0 => self.out.push(b"NTF"[self.source.below(3) as usize]),
            1 => {
                let number = self.source.next();
                let wide = self.source.below(2) == 1;
                self.integer(if wide { i128::from(number) - (1 << 63) } else { i128::from(number % 1000) });
            }
            2 => {
                let number = self.source.below(1 << 20) as f64 - f64::from(1 << 19);
                self.out.push(b'd');
                self.out.extend((number / 64.0).to_le_bytes());
            }
            3 => {
                let letters: String = (0..self.source.below(9)).map(|_| LETTERS[self.source.below(12) as usize]).collect();
                self.text(&letters);
            }
            4 => {
                let count = self.source.below(5);
                self.out.extend([b'b', count as u8]);
                (0..count).for_each(|_| {
                    let byte = self.source.below(256) as u8;
                    self.out.push(byte);
                });
            }
            kind => self.compound(kind, depth),
        }
    }

    fn compound(&mut self, kind: u64, depth: u32) {
        let count = self.source.below(5);
        self.numbered += u64::from(kind != 6);
        self.out.extend([
            match kind {
                5 => b'L',
                6 => b't',
                _ => b'D',
            },
            count as u8,
        ]);
        for index in 0..count {
            if kind == 7 {
                self.text(&format!("k{index}"));
            }
            self.one(depth - 1);
        }
    }

    fn text(&mut self, text: &str) {
        self.out.extend([b's', text.len() as u8]);
        self.out.extend(text.as_bytes());
    }

    fn integer(&mut self, value: i128) {
        let bits = 128 - value.unsigned_abs().leading_zeros() as usize;
        let length = (bits + 8) / 8;
        self.out.extend([b'i', length as u8]);
        self.out.extend(&value.to_le_bytes()[..length]);
    }

    fn reference(&mut self, number: u64) {
        self.out.push(b'r');
        let mut number = number;
        while number > 127 {
            self.out.push((number & 127) as u8 | 128);
            number >>= 7;
        }
        self.out.push(number as u8);
    }
}
