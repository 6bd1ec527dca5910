//! Secrets found in source are replaced before a prompt leaves.

/// What a redacted secret is replaced by.
pub const MARK: &str = "<redacted>";

const PREFIXES: &[&str] =
    &["sk-", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA", "ASIA", "AIza", "ya29.", "npm_", "pypi-", "hf_"];
const NAMES: &[&str] = &["password", "passwd", "secret", "token", "api_key", "apikey", "private_key", "credential", "auth_key"];
const SHORTEST: usize = 8;

/// Replaces quoted secrets, well-known token shapes and private key blocks.
///
/// A string literal counts as secret if it starts like a known token, if it is assigned to a name that
/// speaks of a secret, or if it is long and as random as a key.
pub fn redact(text: &str) -> String {
    let mut in_key_block = false;
    let lines = text.split_inclusive('\n').map(|line| {
        let starts = line.contains("-----BEGIN") && line.contains("PRIVATE KEY");
        let ends = line.contains("-----END") && line.contains("PRIVATE KEY");
        let hidden = in_key_block || starts;
        in_key_block = (in_key_block || starts) && !ends;
        if hidden { format!("{MARK}\n") } else { redact_line(line) }
    });
    lines.collect()
}

fn redact_line(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let names_a_secret = NAMES.iter().any(|name| lower.contains(name));
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(open) = rest.find(['"', '\'']) {
        let quote = rest.as_bytes()[open] as char;
        let (before, after) = rest.split_at(open + 1);
        shown.push_str(before);
        let Some(close) = after.find(quote) else {
            rest = after;
            break;
        };
        let literal = &after[..close];
        let assigned = names_a_secret && before.trim_end_matches(quote).trim_end().ends_with(['=', ':', '(', ',']);
        shown.push_str(if is_secret(literal, assigned) { MARK } else { literal });
        shown.push(quote);
        rest = &after[close + 1..];
    }
    shown.push_str(rest);
    shown
}

fn is_secret(literal: &str, assigned_to_secret: bool) -> bool {
    let is_token_text = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    if literal.len() < SHORTEST || !is_token_text(literal) {
        return false;
    }
    let known_shape = PREFIXES.iter().any(|prefix| literal.starts_with(prefix) && literal.len() >= prefix.len() + SHORTEST);
    known_shape || assigned_to_secret && entropy(literal) > 2.5 || literal.len() >= 32 && is_mixed(literal) && entropy(literal) > 4.0
}

fn is_mixed(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte);
    text.bytes().all(allowed) && text.bytes().any(|byte| byte.is_ascii_digit()) && text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Shannon entropy in bits a byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = text.len() as f64;
    let bits = |count: &u32| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(bits).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_ordinary_text_stays() {
        let secret = "API_KEY = 'q7Zp-39dKs02'\nheader = \"ghp_0123456789abcdefABCDEF\"\n";
        let shown = redact(secret);
        assert!(!shown.contains("q7Zp") && !shown.contains("ghp_0123"), "{shown}");
        let ordinary = "SEPARATOR = 'abcdefghijklmnopqrstuvwxyz'\nraise ValueError(\"token expected, got nothing at all\")\n";
        assert_eq!(redact(ordinary), ordinary);
    }

    #[test]
    fn a_private_key_block_goes_whole() {
        let text = "KEY = '''\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n'''\n";
        assert!(!redact(text).contains("MIIE"));
    }
}
