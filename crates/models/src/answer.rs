//! Reading an answer: fenced code blocks, as `docs/models.md` states.

/// A replacement that a model proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Source of the target, with helpers and imports before it where the answer gave them apart.
    pub source: String,
}

/// Finds every replacement in `text`: one for each fenced block that defines `function`.
///
/// Blocks that do not define it are helpers or imports and go before each replacement. A text without
/// any fence is taken as one block if it defines the function.
pub fn proposals(text: &str, function: &str) -> Vec<Proposal> {
    let mut blocks = fenced_blocks(text);
    if !text.contains("```") {
        blocks.push(text.trim_matches('\n').to_owned());
    }
    let (targets, helpers): (Vec<_>, Vec<_>) = blocks.into_iter().partition(|block| defines(block, function));
    let prelude: String =
        helpers.iter().filter(|block| !block.trim().is_empty()).map(|block| format!("{}\n\n\n", block.trim_end())).collect();
    let mut found: Vec<Proposal> = Vec::new();
    for block in targets {
        let proposal = Proposal { source: format!("{prelude}{block}") };
        if !found.contains(&proposal) {
            found.push(proposal);
        }
    }
    found
}

fn defines(block: &str, function: &str) -> bool {
    block.lines().any(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("async ").unwrap_or(line).trim_start();
        let name = line.strip_prefix("def ").map(str::trim_start);
        name.and_then(|name| name.strip_prefix(function)).is_some_and(|rest| rest.trim_start().starts_with(['(', '[']))
    })
}

/// Contents of the fenced blocks (CommonMark, section 4.5), opened and closed by three or more backticks.
fn fenced_blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        let ticks = trimmed.bytes().take_while(|byte| *byte == b'`').count();
        let closes = trimmed[ticks..].trim().is_empty();
        match &mut open {
            Some((opened, _)) if ticks >= *opened && closes => {
                if let Some((_, block)) = open.take() {
                    blocks.push(block);
                }
            }
            Some((_, block)) => {
                block.push_str(line);
                block.push('\n');
            }
            None if ticks >= 3 => open = Some((ticks, String::new())),
            None => {}
        }
    }
    // An answer that was cut off has an unclosed block: its code is not whole, so it is no proposal.
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpers_go_before_each_replacement() {
        let text = "Use a set.\n```python\nimport bisect\n```\n```python\ndef f(x):\n    return 1\n```\nor\n```python\ndef f(x):\n    return 2\n```\n";
        let sources: Vec<String> = proposals(text, "f").into_iter().map(|proposal| proposal.source).collect();
        assert_eq!(sources, ["import bisect\n\n\ndef f(x):\n    return 1\n", "import bisect\n\n\ndef f(x):\n    return 2\n"]);
    }

    #[test]
    fn a_cut_answer_or_another_function_is_no_proposal() {
        assert!(proposals("```python\ndef f(x):\n    retu", "f").is_empty());
        assert!(proposals("```python\ndef fast(x):\n    return 1\n```", "f").is_empty());
    }

    #[test]
    fn a_bare_function_is_taken_as_it_is() {
        assert_eq!(proposals("def f(x):\n    return 1", "f").len(), 1);
    }
}
