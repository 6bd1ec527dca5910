//! The cases' material, and the messages that carry calls to a worker.

use super::{perturb::Perturbation, pickle};

/// How a case's arguments are built again, as quickly as can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Plain data: `marshal` alone.
    Plain,
    /// A graph with instances: a pickle, whose references to what is loaded are the skeleton.
    Graph,
    /// By decoding its canonical encoding each time; its values cannot be perturbed.
    Encoded,
    /// It cannot be timed.
    Unusable,
}

/// How much longer the decoder takes for a byte than what builds graphs.
const DECODER_SLOWER: f64 = 14.0;

/// One case as a worker builds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    pub form: Form,
    /// What all copies share, or why the case is unusable.
    pub skeleton: Vec<u8>,
    /// The values, in the form's own format.
    pub leaves: Vec<u8>,
    /// Texts among the values that name attributes and classes.
    pub names: Vec<Vec<u8>>,
    /// What tells the state that the call found from others': [`LARGE`] where it is too large to be put back for each sample.
    pub state: Vec<u8>,
}

/// How a worker tells a large state.
pub const LARGE: &[u8] = b"large";

impl Material {
    /// Reads the material of all cases; `None` if the message is broken.
    pub fn read_all(message: &[u8]) -> Option<Vec<Self>> {
        let parts = unframed(message)?;
        let form = |part: &[u8]| match part {
            [0] => Some(Form::Plain),
            [1] => Some(Form::Graph),
            [2] => Some(Form::Encoded),
            [3] => Some(Form::Unusable),
            _ => None,
        };
        let read = |parts: &[Vec<u8>]| match parts {
            [kind, skeleton, leaves, names, state] => Some(Self {
                form: form(kind)?,
                skeleton: skeleton.clone(),
                leaves: leaves.clone(),
                names: names.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect(),
                state: state.clone(),
            }),
            _ => None,
        };
        parts.chunks(5).map(read).collect()
    }

    /// What building one copy costs, as bytes of a graph that C code builds.
    pub fn bytes(&self) -> f64 {
        let slower = if self.form == Form::Encoded { DECODER_SLOWER } else { 1.0 };
        slower * self.leaves.len() as f64
    }

    /// The values as `perturbation` leaves them; the recorded ones where it has no hold.
    pub fn perturbed(&self, perturbation: &Perturbation<'_>) -> Vec<u8> {
        let perturbed = match self.form {
            Form::Plain => perturbation.apply(&self.leaves),
            Form::Graph => pickle::apply(perturbation, &self.leaves, &self.names),
            Form::Encoded | Form::Unusable => None,
        };
        perturbed.unwrap_or_else(|| self.leaves.clone())
    }
}

/// The message with which workers take what all samples share: how results are consumed, inputs whose states the calls
/// find, and the cases, each with the number of its state.
pub fn skeletons(consume: u8, states: &[Vec<u8>], cases: &[Material], state_of: &[u8]) -> Vec<u8> {
    let (consume, count) = ([consume], [u8::try_from(states.len()).unwrap_or(u8::MAX)]);
    let head = [consume.as_slice(), count.as_slice()].into_iter().chain(states.iter().map(Vec::as_slice));
    let of_cases = cases.iter().zip(state_of).flat_map(|(case, state)| {
        let parts: [&[u8]; 3] = [form_byte(case.form), &case.skeleton, std::slice::from_ref(state)];
        parts
    });
    framed(&head.chain(of_cases).collect::<Vec<_>>())
}

fn form_byte(form: Form) -> &'static [u8] {
    match form {
        Form::Plain => &[0],
        Form::Graph => &[1],
        Form::Encoded => &[2],
        Form::Unusable => &[3],
    }
}

/// The message that asks to build calls: each is a case's number and its values.
pub fn build<'a>(calls: impl Iterator<Item = (usize, &'a [u8])>) -> Vec<u8> {
    let mut message = Vec::new();
    for (case, leaves) in calls {
        message.extend((case as u32).to_le_bytes());
        message.extend((leaves.len() as u32).to_le_bytes());
        message.extend(leaves);
    }
    message
}

/// Joins parts, each behind its length in four bytes.
pub fn framed(parts: &[&[u8]]) -> Vec<u8> {
    let mut message = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        message.extend((part.len() as u32).to_le_bytes());
        message.extend(*part);
    }
    message
}

/// Splits what [`framed`] joined; `None` if a length does not fit.
pub fn unframed(mut message: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    while !message.is_empty() {
        let (length, rest) = message.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        parts.push(rest.get(..length)?.to_vec());
        message = &rest[length..];
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_apart_as_they_were_joined_and_a_cut_message_is_refused() {
        let message = framed(&[b"one", b"", b"three"]);
        assert_eq!(unframed(&message), Some(vec![b"one".to_vec(), vec![], b"three".to_vec()]));
        assert_eq!(unframed(&message[..message.len() - 1]), None);
    }

    #[test]
    fn material_of_an_unknown_form_is_refused() {
        assert_eq!(Material::read_all(&framed(&[&[0], b"", b"N", b"", b""])).map(|cases| cases.len()), Some(1));
        assert_eq!(Material::read_all(&framed(&[&[9], b"", b"N", b"", b""])), None);
        assert_eq!(Material::read_all(&framed(&[&[0], b""])), None);
    }
}
