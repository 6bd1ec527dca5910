//! Recorded answers: a folder of `*.txt`, given out in the order of their names, each once.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use whetstone_core::{
    MicroUsd,
    port::{Model, ModelAnswer, ModelError, ModelRequest},
};

/// Answers from a folder. A file named `<target>--<anything>.txt` answers only requests whose prompt
/// names that target (`:` written as `.`); any other file answers any request.
pub struct Replay {
    name: String,
    answers: Mutex<VecDeque<(String, String)>>,
}

impl Replay {
    /// Reads every answer of `folder`.
    ///
    /// # Errors
    /// If the folder can't be read or holds no answer.
    pub fn open(folder: &Path) -> Result<Self, ModelError> {
        let unreadable = |error: std::io::Error| ModelError::Unreachable(format!("recorded answers in {}: {error}", folder.display()));
        let mut answers = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|extension| extension == "txt") {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                answers.push((name, std::fs::read_to_string(&path).map_err(unreadable)?));
            }
        }
        if answers.is_empty() {
            return Err(ModelError::Unreachable(format!("{} holds no recorded answer (*.txt)", folder.display())));
        }
        answers.sort();
        Ok(Self { name: "replay".into(), answers: Mutex::new(answers.into()) })
    }

    fn take_for(&self, prompt: &str) -> Option<String> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let named_target = |name: &str| name.split_once("--").map(|(target, _)| target.to_owned());
        let prompt = prompt.replace(':', ".");
        let fits = |name: &str| named_target(name).is_none_or(|target| prompt.contains(&target));
        let position = answers.iter().position(|(name, _)| fits(name))?;
        answers.remove(position).map(|(_, text)| text)
    }
}

#[async_trait]
impl Model for Replay {
    fn name(&self) -> &str {
        &self.name
    }

    fn highest_cost(&self, _request: &ModelRequest) -> MicroUsd {
        MicroUsd(0)
    }

    async fn ask(&self, request: &ModelRequest) -> Result<ModelAnswer, ModelError> {
        let text =
            self.take_for(&request.prompt).ok_or_else(|| ModelError::Refused("no recorded answer is left for this request".into()))?;
        let (input_tokens, output_tokens) = (request.prompt.len() as u64 / 4, text.len() as u64 / 4);
        Ok(ModelAnswer { text, model: self.name.clone(), input_tokens, output_tokens, cost: MicroUsd(0), elapsed: Duration::ZERO })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(prompt: &str) -> ModelRequest {
        ModelRequest { id: "r".into(), system: String::new(), prompt: prompt.into(), max_output_tokens: 10, temperature: 0.0, seed: 0 }
    }

    #[tokio::test]
    async fn answers_come_in_order_and_only_for_their_target() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in [("1", "any"), ("shop.tax.add--1", "for add")] {
            std::fs::write(folder.path().join(format!("{name}.txt")), text).expect("written");
        }
        let replay = Replay::open(folder.path()).expect("two answers");
        assert_eq!(replay.ask(&request("shop.other:f")).await.expect("the first").text, "any");
        assert!(replay.ask(&request("shop.other:f")).await.is_err());
        assert_eq!(replay.ask(&request("shop.tax:add")).await.expect("its own").text, "for add");
    }
}
