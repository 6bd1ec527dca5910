//! What tokens cost: a versioned table of micro-dollars for a million tokens.

use whetstone_core::{MicroUsd, port::ModelRequest};

/// The table's version, stored with every ledger entry that it priced.
pub const VERSION: &str = "2026-11";

struct Price {
    /// Matches model names that start so, after any `provider/`.
    prefix: &'static str,
    input: i64,
    output: i64,
}

// List prices in micro-dollars per million tokens. The first matching prefix counts.
const PRICES: &[Price] = &[
    Price { prefix: "gpt-4o-mini", input: 150_000, output: 600_000 },
    Price { prefix: "gpt-4o", input: 2_500_000, output: 10_000_000 },
    Price { prefix: "gpt-4.1-mini", input: 400_000, output: 1_600_000 },
    Price { prefix: "gpt-4.1-nano", input: 100_000, output: 400_000 },
    Price { prefix: "gpt-4.1", input: 2_000_000, output: 8_000_000 },
    Price { prefix: "gpt-5-mini", input: 250_000, output: 2_000_000 },
    Price { prefix: "gpt-5", input: 1_250_000, output: 10_000_000 },
    Price { prefix: "o3-mini", input: 1_100_000, output: 4_400_000 },
    Price { prefix: "claude-3-5-haiku", input: 800_000, output: 4_000_000 },
    Price { prefix: "claude-haiku", input: 1_000_000, output: 5_000_000 },
    Price { prefix: "claude-sonnet", input: 3_000_000, output: 15_000_000 },
    Price { prefix: "claude-opus", input: 15_000_000, output: 75_000_000 },
];

/// Price of a model that the table does not know: as the dearest, so that a budget never leaks.
const UNKNOWN: Price = Price { prefix: "", input: 15_000_000, output: 75_000_000 };

fn price_of(model: &str) -> &'static Price {
    let name = model.rsplit('/').next().unwrap_or(model);
    PRICES.iter().find(|price| name.starts_with(price.prefix)).unwrap_or(&UNKNOWN)
}

/// Prices a call that was made.
pub fn of(model: &str, input_tokens: u64, output_tokens: u64) -> MicroUsd {
    let price = price_of(model);
    let part = |tokens: u64, per_million: i64| (tokens as i128 * per_million as i128 + 999_999) / 1_000_000;
    let total = part(input_tokens, price.input) + part(output_tokens, price.output);
    MicroUsd(i64::try_from(total).unwrap_or(i64::MAX))
}

/// Prices the most that a call can cost: every byte of the prompt a token, and the longest answer.
pub fn highest(model: &str, request: &ModelRequest) -> MicroUsd {
    let most_input = (request.system.len() + request.prompt.len()) as u64 + 64;
    of(model, most_input, u64::from(request.max_output_tokens))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_stands_first_and_unknown_models_are_dear() {
        assert_eq!(of("openai/gpt-4o-mini-2024-07-18", 1_000_000, 0), MicroUsd(150_000));
        assert_eq!(of("gpt-4o", 1_000_000, 1_000_000), MicroUsd(12_500_000));
        assert_eq!(of("somebody/new", 1_000, 0), MicroUsd(15_000));
    }

    #[test]
    fn a_started_millionth_is_charged() {
        assert_eq!(of("gpt-4o-mini", 1, 1), MicroUsd(2));
    }
}
