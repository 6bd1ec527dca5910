//! The file format for cases: `WHETCASE1\n`, then records of three length-prefixed parts
//! (little-endian `u32` lengths): header as JSON, input bytes, outcome bytes.
//!
//! Inputs and outcomes are in the language's canonical encoding and are never decoded by a service.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

const MAGIC: &[u8] = b"WHETCASE1\n";
const PART_LIMIT: u32 = 256 << 20;

/// What a service knows about a case without decoding it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseHeader {
    /// Stable within its file: the target's qualname, `#`, and a number.
    pub id: String,
    /// `replay`, `rerun` (no replay shows what the live call did) or `opaque`, as capture judged it.
    pub mode: CaseMode,
    /// `recorded`, `generated`, `final`.
    pub origin: String,
    /// How many live calls this case stands for.
    pub weight: u64,
    /// Position of the call in the recorded stream.
    pub position: u64,
    /// Number of leaf values in the arguments; the size used for complexity and size classes.
    pub size: u64,
    /// Nanoseconds that the live call took, recorder excluded where it can be.
    pub elapsed_ns: u64,
    /// Calls of one object that belong together, in order; empty for a single call.
    pub sequence: String,
    /// `module:qualname:line` of the caller.
    pub caller: String,
    /// Argument types, such as `(list[int], key=str)`.
    pub types: String,
    /// `returns` or the exception's type name.
    pub ends: String,
    /// Why the case can't be replayed; empty if it can.
    pub opaque: String,
}

impl CaseHeader {
    /// Why a case that is not to be replayed is no evidence, in the words in which such cases are counted.
    pub fn reason(&self) -> String {
        if self.opaque.is_empty() { "can't be compared by replay".into() } else { format!("opaque: {}", self.opaque) }
    }
}

/// How a case can serve as evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseMode {
    Replay,
    Rerun,
    Opaque,
}

/// One recorded or generated call of a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub header: CaseHeader,
    pub input: Vec<u8>,
    pub outcome: Vec<u8>,
}

/// Writes a file of cases.
pub fn write(mut to: impl Write, cases: &[Case]) -> io::Result<()> {
    to.write_all(MAGIC)?;
    for case in cases {
        let header = serde_json::to_vec(&case.header)?;
        for part in [&header, &case.input, &case.outcome] {
            let length = u32::try_from(part.len()).ok().filter(|length| *length <= PART_LIMIT);
            let length = length.ok_or_else(|| invalid("a case part is larger than 256 MiB"))?;
            to.write_all(&length.to_le_bytes())?;
            to.write_all(part)?;
        }
    }
    Ok(())
}

/// Reads a whole file of cases.
///
/// # Errors
/// `InvalidData` if the file is cut or is no file of cases.
pub fn read(mut from: impl Read) -> io::Result<Vec<Case>> {
    let mut magic = [0u8; 10];
    from.read_exact(&mut magic)?;
    if magic != MAGIC {
        return Err(invalid("not a file of cases: it does not start with WHETCASE1"));
    }
    let mut cases = Vec::new();
    while let Some(header) = read_part(&mut from, true)? {
        let header = serde_json::from_slice(&header)?;
        let mut part = || read_part(&mut from, false).map(Option::unwrap_or_default);
        let (input, outcome) = (part()?, part()?);
        cases.push(Case { header, input, outcome });
    }
    Ok(cases)
}

fn read_part(from: &mut impl Read, may_end: bool) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0u8; 4];
    let read = from.read(&mut length)?;
    if read == 0 && may_end {
        return Ok(None);
    }
    from.read_exact(&mut length[read..])?;
    let length = u32::from_le_bytes(length);
    if length > PART_LIMIT {
        return Err(invalid("a case part claims to be larger than 256 MiB"));
    }
    let mut part = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut part)?;
    if part.len() == length as usize { Ok(Some(part)) } else { Err(invalid("the file of cases is cut")) }
}

fn invalid(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(number: u8) -> Case {
        let header = CaseHeader {
            id: format!("f#{number}"),
            mode: CaseMode::Replay,
            origin: "recorded".into(),
            weight: 3,
            position: number.into(),
            size: 2,
            elapsed_ns: 10,
            sequence: String::new(),
            caller: "m:g:3".into(),
            types: "(int)".into(),
            ends: "returns".into(),
            opaque: String::new(),
        };
        Case { header, input: vec![number; 7], outcome: vec![] }
    }

    #[test]
    fn a_file_reads_back_as_written_and_a_cut_one_is_refused() {
        let cases = [case(1), case(2)];
        let mut bytes = Vec::new();
        write(&mut bytes, &cases).expect("a vector takes everything");
        assert_eq!(read(bytes.as_slice()).expect("whole"), cases);
        assert!(read(&bytes[..bytes.len() - 5]).is_err());
    }
}
