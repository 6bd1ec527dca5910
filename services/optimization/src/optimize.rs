//! One round of the search for one target: propose, then the cheap gates.

use whetstone_core::{
    TargetSite,
    observed::Observations,
    plan::behaviour::BehaviourMode,
    port::{Model, ModelRequest},
};
use whetstone_languages::python::rules::{Facts, RuleSet, own_file};
use whetstone_models::Endpoints;
use whetstone_proto::{
    common::v1::{Artifact, Candidate, Prepared, Priority, RunOptions, StageContext, Target, TargetCases, Verdict},
    optimization::v1::{OptimizeRequest, OptimizeResponse},
};
use whetstone_runtime::{Peers, StageHandle};
use whetstone_store::Store;

use crate::{
    Config, Error,
    ask::Asker,
    behaviour::Subject,
    candidates, memory, prompt,
    propose::{self, Proposer},
    rerun::{self, Purpose},
    tree::Tree,
};

const PROMPT_TEMPERATURE: f32 = 0.7;
const SIMILAR_EXPERIENCES: usize = 3;
/// Endings of files with rules.
const RULE_FILES: [&str; 2] = [".yaml", ".yml"];

/// What a search needs besides the request.
pub struct Search {
    pub config: Config,
    pub peers: Peers,
    pub store: Store,
    pub endpoints: Endpoints,
}

/// How wide one round searches.
struct Breadth {
    rule_candidates: usize,
    model_calls: u32,
}

impl Breadth {
    fn of(priority: Priority) -> Self {
        match priority {
            Priority::Low => Self { rule_candidates: 8, model_calls: 1 },
            Priority::Unspecified | Priority::Medium => Self { rule_candidates: 16, model_calls: 3 },
            Priority::High => Self { rule_candidates: 32, model_calls: 6 },
        }
    }
}

/// The request's parts, once it is sure that they are there.
struct Task {
    context: StageContext,
    options: RunOptions,
    prepared: Prepared,
    target: Target,
    site: TargetSite,
    cases: TargetCases,
    tree: Tree,
    observations: Option<Observations>,
}

impl Search {
    /// Refuses a model that can't be asked, and rules of the repository that can't be read.
    pub async fn check(&self, options: &RunOptions, tree: &Artifact) -> Result<(), Error> {
        self.model(options, &mut Vec::new())?;
        let tree = Tree::read(&self.peers.artifacts(), tree, &RULE_FILES).await?;
        repository_rules(&tree).map(drop)
    }

    /// Makes candidates of one target and puts them through the static and behaviour gates.
    pub async fn run(&self, request: OptimizeRequest, handle: StageHandle) -> Result<OptimizeResponse, Error> {
        let task = self.task(&request).await?;
        let mut response = OptimizeResponse::default();
        let parent = best_parent(&request.earlier);
        let proposer = Proposer {
            tree: &task.tree,
            site: &task.site,
            parent: parent.map_or("", |candidate| candidate.id.as_str()),
            roots: &task.prepared.source_roots,
        };
        if request.given.is_empty() {
            if request.round == 0 {
                response.candidates = self.rule_candidates(&task, &proposer)?;
            }
            self.model_candidates(&task, &request, &proposer, &mut response, &handle).await?;
            response.candidates = propose::without_repeats(std::mem::take(&mut response.candidates), &request.earlier);
        } else {
            response.candidates = request.given.iter().map(|given| proposer.given(given)).collect();
        }
        let subject = Subject {
            config: &self.config,
            peers: &self.peers,
            context: &task.context,
            prepared: &task.prepared,
            site: &task.site,
            cases: &task.cases,
            stage: "optimize",
            solver_s: 0.0,
        };
        self.behaviour(&task, &subject, &proposer, &mut response, &handle).await?;
        candidates::save(&self.store, &task.context.run, request.round, &response.candidates).await?;
        for candidate in response.candidates.iter().filter(|candidate| candidate.verdict() != Verdict::Unspecified) {
            handle.candidate_decided(candidate.clone()).await?;
        }
        Ok(response)
    }

    /// The behaviour gate: by replay, or by re-run where too little can be replayed.
    async fn behaviour(
        &self,
        task: &Task,
        subject: &Subject<'_>,
        proposer: &Proposer<'_>,
        response: &mut OptimizeResponse,
        handle: &StageHandle,
    ) -> Result<(), Error> {
        let is_by_rerun = rerun::decides(&self.config, &task.cases);
        if !is_by_rerun || task.cases.replay_count > 0 {
            response.costs.extend(subject.judge(&mut response.candidates, BehaviourMode::Judge, handle).await?);
        }
        if !is_by_rerun {
            return Ok(());
        }
        let ours = self.by_rules(task, proposer, &RuleSet::builtin().for_unvaried_inputs());
        let source = task.tree.file(&task.site.file).unwrap_or_default();
        let objection = |candidate: &Candidate| rerun::objection(candidate, &ours, source, &task.site);
        let reran = subject.rerun(&mut response.candidates, Purpose::Gate, objection, handle).await?;
        response.costs.extend(reran.costs);
        response.notes.extend((!reran.note.is_empty()).then(|| format!("{}: {}", task.target.name, reran.note)));
        Ok(())
    }

    async fn task(&self, request: &OptimizeRequest) -> Result<Task, Error> {
        let context = request.context.clone().ok_or(Error::Missing("context"))?;
        let prepared = request.prepared.clone().ok_or(Error::Missing("prepared"))?;
        let target = request.target.clone().ok_or(Error::Missing("target"))?;
        let cases = request.cases.clone().ok_or(Error::Missing("cases"))?;
        let artifacts = self.peers.artifacts();
        let tree = prepared.tree.as_ref().ok_or(Error::Missing("tree"))?;
        let tree = Tree::read(&artifacts, tree, &[&[".py"], &RULE_FILES[..]].concat()).await?;
        let site = site_of(&target)?;
        if tree.file(&site.file).is_none() {
            return Err(Error::UnknownTarget { target: target.name, reason: format!("{} is not UTF-8 text of the snapshot", site.file) });
        }
        let observations = match &target.observations {
            Some(artifact) => Some(artifacts.get_json(artifact).await?),
            None => None,
        };
        let options = context.options.clone().unwrap_or_default();
        Ok(Task { context, options, prepared, target, site, cases, tree, observations })
    }

    fn rule_candidates(&self, task: &Task, proposer: &Proposer<'_>) -> Result<Vec<Candidate>, Error> {
        Ok(self.by_rules(task, proposer, &repository_rules(&task.tree)?))
    }

    fn by_rules(&self, task: &Task, proposer: &Proposer<'_>, rules: &RuleSet) -> Vec<Candidate> {
        let facts = Facts { hot_lines: task.target.hot_lines.iter().map(|hot| hot.line).collect() };
        let most = Breadth::of(task.options.priority()).rule_candidates;
        proposer.by_rules(rules, task.observations.as_ref(), &facts, most)
    }

    async fn model_candidates(
        &self,
        task: &Task,
        request: &OptimizeRequest,
        proposer: &Proposer<'_>,
        response: &mut OptimizeResponse,
        handle: &StageHandle,
    ) -> Result<(), Error> {
        let Some(model) = self.model(&task.options, &mut response.notes)? else { return Ok(()) };
        let source = task.tree.file(&task.site.file).unwrap_or_default();
        let language = task.prepared.toolchain.clone().unwrap_or_default().language;
        let experiences = memory::similar(&self.store, &language, target_lines(source, &task.site), SIMILAR_EXPERIENCES).await?;
        let asker =
            Asker { store: &self.store, peers: &self.peers, context: &task.context, model: model.as_ref(), target: &task.target.name };
        let calls = Breadth::of(task.options.priority()).model_calls;
        for attempt in 0..calls {
            handle.progress("models", attempt.into(), calls.into(), model.name()).await;
            let knowledge = prompt::Knowledge {
                target: &task.target,
                source,
                observations: task.observations.as_ref(),
                earlier: &request.earlier,
                experiences: &experiences,
                attempt,
            };
            let asked = asker.ask(&self.question(task, request.round, attempt, prompt::write(&knowledge))).await?;
            response.costs.extend(asked.costs);
            let Some(answer) = asked.answer else {
                response.notes.push(format!("{}: request {}: {}", task.target.name, asked.id, asked.message));
                if asked.out_of_budget {
                    break;
                }
                continue;
            };
            let origin = format!("{}@prompt-{}", model.name(), prompt::VERSION);
            let found = proposer.by_answer(&answer, &origin, &asked.id);
            if found.is_empty() {
                response.notes.push(format!("{}: request {} gave no replacement of the target", task.target.name, asked.id));
            }
            response.candidates.extend(found);
        }
        Ok(())
    }

    fn question(&self, task: &Task, round: u32, attempt: u32, prompt: String) -> ModelRequest {
        ModelRequest {
            id: format!("{}/{}/{round}/{attempt}", task.context.run, task.target.name),
            system: prompt::SYSTEM.to_owned(),
            prompt,
            max_output_tokens: self.config.model_output_tokens,
            temperature: PROMPT_TEMPERATURE,
            seed: task.context.seed.wrapping_add(u64::from(round) << 32 | u64::from(attempt)),
        }
    }

    fn model(&self, options: &RunOptions, notes: &mut Vec<String>) -> Result<Option<Box<dyn Model>>, Error> {
        if options.rules_only {
            return Ok(None);
        }
        if options.forbid_models {
            notes.push("models are forbidden by the enrollment: rules alone".into());
            return Ok(None);
        }
        let name = if options.model.is_empty() { &self.config.model } else { &options.model };
        let model = whetstone_models::choose(name, &self.endpoints)?;
        if model.is_none() {
            notes.push("no model is configured: rules alone".into());
        }
        Ok(model)
    }
}

/// The built-in rules with those that the repository brings.
fn repository_rules(tree: &Tree) -> Result<RuleSet, Error> {
    let own = tree.files().iter().filter_map(|(path, text)| Some((own_file(path)?, text.as_str())));
    RuleSet::with_own(own).map_err(|error| Error::Rules(error.to_string()))
}

/// The best candidate so far, from which the next round may go on.
fn best_parent(earlier: &[Candidate]) -> Option<&Candidate> {
    let ratio = |candidate: &&Candidate| candidate.effect.as_ref().map_or(0.0, |effect| effect.ratio);
    let standing = earlier.iter().filter(|candidate| !matches!(candidate.verdict(), Verdict::Rejected | Verdict::NotEnoughEvidence));
    standing.filter(|candidate| ratio(candidate) > 1.0).max_by(|left, right| ratio(left).total_cmp(&ratio(right)))
}

/// A target's place as plans name it.
pub fn site_of(target: &Target) -> Result<TargetSite, Error> {
    let name = target.name.parse().map_err(|reason| Error::UnknownTarget { target: target.name.clone(), reason })?;
    Ok(TargetSite { name, file: target.file.clone(), line: target.line, end_line: target.end_line })
}

/// The target's own lines.
pub fn target_lines<'a>(source: &'a str, site: &TargetSite) -> &'a str {
    let starts: Vec<usize> = std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let from = starts.get(site.line.saturating_sub(1) as usize).copied().unwrap_or(source.len());
    let to = starts.get(site.end_line as usize).copied().unwrap_or(source.len());
    &source[from..to.max(from)]
}

#[cfg(test)]
mod tests {
    use whetstone_core::TargetName;

    use super::*;

    #[test]
    fn the_targets_own_lines_are_cut_out() {
        let site = TargetSite { name: TargetName::new("m", "g"), file: "m.py".into(), line: 3, end_line: 4 };
        assert_eq!(target_lines("def f():\n    pass\ndef g():\n    return 1\n", &site), "def g():\n    return 1\n");
        assert_eq!(target_lines("", &site), "");
    }
}
