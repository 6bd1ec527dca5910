//! Examples: what a rule does to them, and a program that tells whether it pays.

use whetstone_core::{
    TargetName, TargetSite,
    observed::{Observations, ParameterObserved, Values},
};

use super::{Example, Facts, RuleSet, shapes};
use crate::python::syntax::{Source, definition_of};

impl Example {
    /// The module before the rule.
    pub fn module(&self) -> String {
        if self.setup.trim().is_empty() { self.before.clone() } else { format!("{}\n\n\n{}", self.setup.trim_end(), self.before) }
    }

    /// The last function of the module, or the one that the example names.
    pub fn site(&self) -> Option<TargetSite> {
        let module = self.module();
        site_in(&module, self.target.as_deref())
    }

    /// The types that the example says were observed.
    pub fn observations(&self) -> Option<Observations> {
        if self.observed.is_empty() && self.repeats == 0 {
            return None;
        }
        let values = |kind: &String| Values { count: 100, types: vec![(format!("builtins.{kind}"), 100)], ..Values::default() };
        let parameters = self.observed.iter().map(|(name, kind)| ParameterObserved {
            name: name.clone(),
            values: values(kind),
            same_as_last: 0,
            hashable: true,
        });
        let distinct_arguments = 100u64.checked_div(self.repeats).map_or(100, |distinct| distinct.max(1));
        let same_as_last = if self.repeats == 0 { 0 } else { 100 - distinct_arguments };
        Some(Observations {
            same_as_last,
            calls: 100,
            sampled: 100,
            parameters: parameters.collect(),
            distinct_arguments,
            ..Observations::default()
        })
    }

    /// The module after the rule, or `None` if it does not match: of several proposals the one that
    /// the example shows.
    pub fn edited(&self, rules: &RuleSet) -> Option<String> {
        let site = self.site()?;
        let mut proposals = rules.propose(&self.module(), &site, self.observations().as_ref(), &Facts::default());
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown = proposals.iter().position(|proposal| squeezed(&proposal.edited).contains(&squeezed(&self.after))).unwrap_or(0);
        (!proposals.is_empty()).then(|| proposals.swap_remove(shown).edited)
    }

    /// A Python program that runs the call before and after, and prints one JSON object with
    /// `same` (whether the results, or the exceptions, are equal), `before` and `after` (their
    /// texts) and `ratio` (how often faster, by the least of several times in one process).
    pub fn script(&self, edited: &str) -> String {
        let values =
            [("BEFORE", self.module()), ("AFTER", edited.to_owned()), ("DATA", self.data.clone()), ("CALL", self.call.trim().to_owned())];
        let head: String = values.iter().map(|(name, text)| format!("{name} = {}\n", shapes::literal(text))).collect();
        head + TIMING
    }
}

const TIMING: &str = include_str!("example_timing.py");

/// The site of a function in a module: the named one, else the last at its top.
pub(super) fn site_in(module: &str, target: Option<&str>) -> Option<TargetSite> {
    let source = Source::parse(module);
    let qualname = match target {
        Some(target) => target.to_owned(),
        None => {
            let last = crate::python::syntax::named_children(source.root())
                .into_iter()
                .filter_map(definition_of)
                .rfind(|node| node.kind() == "function_definition")?;
            source.of(last.child_by_field_name("name")?).to_owned()
        }
    };
    let definition = source.definitions(&qualname).pop()?;
    let line = definition.start_position().row as u32 + 1;
    Some(TargetSite {
        name: TargetName::new("example", qualname),
        file: "example.py".into(),
        line,
        end_line: definition.end_position().row as u32 + 1,
    })
}
