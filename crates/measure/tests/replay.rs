//! Replays the default rule over recorded noise and holds it to the published rates.
//!
//! `data/noise_inter.txt` holds CPU times of pairs taken in fresh pairs of worker processes on a busy
//! machine (load 2 to 12 on two cores), in recorded order. One decision starts at a random session
//! of a cell and takes consecutive sessions, so that slow drift is kept; in each it takes m
//! consecutive pairs at a random offset, swaps the sides of the whole session by a coin, and divides
//! the candidate's times by the wanted effect. Cells with an injected effect are replayed as they are.

use rand::{Rng, SeedableRng, rngs::SmallRng};
use whetstone_measure::{Comparison, Decision, Evidence, Rule, block, interval::hodges_lehmann};

const DECISIONS: usize = 2000;

struct Session {
    start_up_ms: f64,
    pairs: Vec<(f64, f64)>,
}

struct Cell {
    name: String,
    injected: f64,
    sessions: Vec<Session>,
}

impl Cell {
    /// m of the default rule, limited by the pairs that were recorded in a session.
    fn pairs_per_block(&self) -> usize {
        let count = self.sessions.len() as f64;
        let start_up = self.sessions.iter().map(|session| session.start_up_ms).sum::<f64>() / count;
        let of_session = |session: &Session| session.pairs.iter().map(|(a, b)| (a + b) / 2000.0).sum::<f64>() / session.pairs.len() as f64;
        let sample = self.sessions.iter().map(of_session).sum::<f64>() / count;
        (block::pairs(start_up, sample) as usize).min(self.sessions[0].pairs.len())
    }
}

fn cells() -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for line in include_str!("data/noise_inter.txt").lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["cell", _, workload, nominal, injected] = words[..] {
            let injected: f64 = injected.parse().expect("a ratio");
            cells.push(Cell { name: format!("{workload}/{nominal}/{injected}"), injected, sessions: Vec::new() });
            continue;
        }
        let pair = |word: &&str| -> Option<(f64, f64)> {
            let (a, b) = word.split_once(':')?;
            Some((a.parse().ok()?, b.parse().ok()?))
        };
        let session = Session {
            start_up_ms: words[0].parse().expect("milliseconds"),
            pairs: words[1..].iter().map(|word| pair(word).expect("a pair of times")).collect(),
        };
        cells.last_mut().expect("a cell comes first").sessions.push(session);
    }
    cells
}

#[derive(Default)]
struct Rates {
    accepted: f64,
    blocks: f64,
    covered: f64,
}

/// Replays [`DECISIONS`] comparisons of a true `effect` in one cell.
fn replay(cell: &Cell, effect: f64, seed: u64) -> Rates {
    let mut random = SmallRng::seed_from_u64(seed);
    let m = cell.pairs_per_block();
    let is_injected = cell.injected != 1.0;
    let mut rates = Rates::default();
    for _ in 0..DECISIONS {
        let mut comparison = Comparison::new(Rule::default());
        let first = random.random_range(0..cell.sessions.len());
        for number in 0.. {
            if comparison.decision().is_some() {
                break;
            }
            let session = &cell.sessions[(first + number) % cell.sessions.len()];
            let offset = random.random_range(0..=session.pairs.len() - m);
            let swap = !is_injected && random.random_bool(0.5);
            let scale = if is_injected { 1.0 } else { effect };
            let pairs: Vec<(f64, f64)> =
                session.pairs[offset..offset + m].iter().map(|(a, b)| if swap { (*b, a / scale) } else { (*a, b / scale) }).collect();
            comparison.add(block::effect(&pairs));
        }
        let covers = [1.0, -1.0].iter().all(|sign| Evidence::of(comparison.effects(), effect.ln(), *sign) < 40f64.ln());
        rates.accepted += f64::from(comparison.decision() == Some(Decision::Accept));
        rates.blocks += comparison.effects().len() as f64;
        rates.covered += f64::from(covers);
    }
    let count = DECISIONS as f64;
    Rates { accepted: rates.accepted / count, blocks: rates.blocks / count, covered: rates.covered / count }
}

/// Replays every cell without an injected effect, in parallel.
fn replay_identical(effect: f64) -> Vec<(String, Rates)> {
    let cells: Vec<Cell> = cells().into_iter().filter(|cell| cell.injected == 1.0).collect();
    assert_eq!(cells.len(), 9);
    std::thread::scope(|scope| {
        let running: Vec<_> = cells
            .iter()
            .enumerate()
            .map(|(seed, cell)| scope.spawn(move || (cell.name.clone(), replay(cell, effect, seed as u64))))
            .collect();
        running.into_iter().map(|thread| thread.join().expect("a replay does not panic")).collect()
    })
}

fn mean(rates: &[(String, Rates)], figure: impl Fn(&Rates) -> f64) -> f64 {
    rates.iter().map(|(_, rates)| figure(rates)).sum::<f64>() / rates.len() as f64
}

fn assert_in_every_cell(rates: &[(String, Rates)], accepted_at_most: f64) {
    for (name, rates) in rates {
        println!("{name}: accepted {:.4}, blocks {:.2}, covered {:.4}", rates.accepted, rates.blocks, rates.covered);
        assert!(rates.accepted <= accepted_at_most, "{name}: accepted {:.4}", rates.accepted);
        assert!(rates.covered >= 0.98, "{name}: covered {:.4}", rates.covered);
    }
}

#[test]
fn identical_code_is_hardly_ever_accepted_and_soon_refused() {
    let rates = replay_identical(1.0);
    assert_in_every_cell(&rates, 0.003);
    assert!(mean(&rates, |rates| rates.blocks) <= 8.5);
}

#[test]
fn a_true_two_percent_is_hardly_ever_accepted() {
    assert_in_every_cell(&replay_identical(1.02), 0.005);
}

#[test]
fn a_true_five_percent_is_accepted_no_more_often_than_alpha() {
    assert_in_every_cell(&replay_identical(1.05), 0.013);
}

#[test]
fn a_true_ten_percent_is_found_in_most_comparisons() {
    let rates = replay_identical(1.10);
    assert_in_every_cell(&rates, 1.0);
    assert!(mean(&rates, |rates| rates.accepted) >= 0.92);
    assert!(mean(&rates, |rates| rates.blocks) <= 15.5);
}

#[test]
fn thirty_percent_and_more_is_found_in_nearly_all() {
    for effect in [1.30, 2.0] {
        let rates = replay_identical(effect);
        assert_in_every_cell(&rates, 1.0);
        assert!(rates.iter().all(|(_, rates)| rates.accepted >= 0.99));
        assert!(mean(&rates, |rates| rates.blocks) <= 9.5);
    }
}

#[test]
fn really_injected_effects_are_estimated_as_they_are() {
    for cell in cells().into_iter().filter(|cell| cell.injected != 1.0 && cell.name.starts_with("py_alloc/20/")) {
        let effects: Vec<f64> = cell.sessions.iter().map(|session| block::effect(&session.pairs)).collect();
        let estimate = hodges_lehmann(&effects).exp();
        println!("{}: {estimate:.4}", cell.name);
        assert!((estimate / cell.injected - 1.0).abs() < 0.012, "{}: {estimate:.4}", cell.name);
        let accepted = replay(&cell, cell.injected, 7).accepted;
        assert!(
            if cell.injected < 1.03 { accepted <= 0.005 } else { cell.injected < 1.2 || accepted >= 0.99 },
            "{}: {accepted}",
            cell.name
        );
    }
}
