//! The memory of past optimizations: what worked on similar code, across repositories.
//!
//! A target is embedded by hashing the identifiers and operators of its source, and their pairs, into a
//! unit vector (feature hashing, Weinberger et al. 2009); similar ones are found by exact search over
//! the cosine.

use chrono::Utc;
use sqlx::Row;
use whetstone_core::Digest;
use whetstone_proto::common::v1::{Candidate, Verdict};
use whetstone_store::Store;

use crate::Error;

const DIMENSIONS: usize = 256;
const LEAST_SIMILARITY: f32 = 0.35;

/// A past optimization that is like the one at hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Experience {
    pub summary: String,
    pub diff: String,
    pub ratio: f64,
    pub similarity: f32,
}

/// Stores how a candidate ended.
pub async fn remember(store: &Store, candidate: &Candidate) -> Result<(), Error> {
    let id = Digest::of(candidate.diff.as_bytes());
    let before = removed_and_kept(&candidate.diff);
    let ratio = candidate.effect.as_ref().map(|effect| effect.ratio);
    let mut transaction = store.write().await?;
    let insert = "INSERT INTO memory (id, language, target, origin, summary, diff, verdict, reason, ratio, embedding, created_at) \
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
                  ON CONFLICT (id) DO UPDATE SET verdict = excluded.verdict, reason = excluded.reason, ratio = excluded.ratio";
    sqlx::query(insert)
        .bind(id.as_str())
        .bind(language_of(candidate))
        .bind(&candidate.target)
        .bind(&candidate.origin)
        .bind(&candidate.summary)
        .bind(&candidate.diff)
        .bind(candidate.verdict)
        .bind(&candidate.reason)
        .bind(ratio)
        .bind(to_bytes(&embed(&before)))
        .bind(Utc::now().to_rfc3339())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// Finds accepted optimizations of similar targets, most similar first.
pub async fn similar(store: &Store, language: &str, source: &str, most: usize) -> Result<Vec<Experience>, Error> {
    let query = "SELECT summary, origin, diff, ratio, embedding FROM memory WHERE language = ? AND verdict = ? AND ratio IS NOT NULL";
    let rows = sqlx::query(query).bind(language).bind(i32::from(Verdict::Accepted)).fetch_all(store.reader()).await?;
    let wanted = embed(source);
    let mut found = Vec::new();
    for row in rows {
        let similarity = cosine(&wanted, &from_bytes(row.try_get("embedding")?));
        if similarity >= LEAST_SIMILARITY {
            let (summary, origin): (String, String) = (row.try_get("summary")?, row.try_get("origin")?);
            let summary = if summary.is_empty() { origin } else { summary };
            found.push(Experience { summary, diff: row.try_get("diff")?, ratio: row.try_get("ratio")?, similarity });
        }
    }
    found.sort_by(|left, right| right.similarity.total_cmp(&left.similarity).then_with(|| left.diff.cmp(&right.diff)));
    found.truncate(most);
    Ok(found)
}

/// The language that a candidate is written in, by its file's ending.
fn language_of(candidate: &Candidate) -> &'static str {
    let is_python = |path: &str| path.ends_with(".py");
    if candidate.edits.iter().all(|edit| is_python(&edit.path)) { "python" } else { "other" }
}

/// The old side of a diff: what the code at hand is compared with.
fn removed_and_kept(diff: &str) -> String {
    let is_old = |line: &&str| line.starts_with(['-', ' ']) && !line.starts_with("---");
    diff.lines().filter(is_old).map(|line| format!("{}\n", &line[1..])).collect()
}

fn embed(source: &str) -> Vec<f32> {
    let mut vector = vec![0f32; DIMENSIONS];
    let tokens = tokens(source);
    let mut count = |feature: &str| {
        let hash = fnv1a(feature.as_bytes());
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        vector[(hash % DIMENSIONS as u64) as usize] += sign;
    };
    tokens.iter().for_each(|token| count(token));
    tokens.windows(2).for_each(|pair| count(&pair.join(" ")));
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
    vector
}

fn tokens(source: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if is_word(first) { rest.find(|c: char| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        if !first.is_whitespace() {
            tokens.push(&rest[..length]);
        }
        rest = &rest[length..];
    }
    tokens
}

/// FNV-1a, 64 bits: stable across builds, which the standard hasher is not.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn cosine(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn from_bytes(bytes: Vec<u8>) -> Vec<f32> {
    bytes.chunks_exact(4).map(|chunk| f32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_code_is_nearer_than_unlike_code() {
        let search = embed("for rule in rules:\n    if rule.code in codes:\n        matched.append(rule)");
        let same_idea = embed("for item in items:\n    if item.code in codes:\n        found.append(item)");
        let other = embed("return math.sqrt(a * a + b * b) / 2.0");
        assert!(cosine(&search, &same_idea) > cosine(&search, &other) + 0.2);
        assert!((cosine(&search, &search) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_vector_survives_the_store() {
        let vector = embed("def f(x): return x");
        assert_eq!(from_bytes(to_bytes(&vector)), vector);
    }
}
