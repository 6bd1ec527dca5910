//! Whose job is next: fair by organisation, at most so many at a time, and a timing job alone.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// Hands out places to run.
#[derive(Debug)]
pub struct Queue {
    state: Mutex<State>,
}

/// A place; given back when dropped.
#[derive(Debug)]
pub struct Place {
    queue: Arc<Queue>,
    organisation: String,
    timing: bool,
}

#[derive(Debug, Default)]
struct State {
    places: usize,
    waiting: Vec<Waiting>,
    running: usize,
    timing: bool,
    organisations: BTreeMap<String, Share>,
    clock: u64,
}

/// What an organisation has had.
#[derive(Debug, Default)]
struct Share {
    running: usize,
    /// When it was last given a place, on the queue's own count.
    served: u64,
}

#[derive(Debug)]
struct Waiting {
    organisation: String,
    timing: bool,
    turn: oneshot::Sender<()>,
}

impl Queue {
    /// Makes a queue with that many places.
    pub fn new(places: usize) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { places: places.max(1), ..State::default() }) })
    }

    /// Waits for a place. Dropping the future leaves the queue.
    pub async fn wait(self: &Arc<Self>, organisation: &str, timing: bool) -> Place {
        let (turn, given) = oneshot::channel();
        {
            let mut state = self.lock();
            state.waiting.push(Waiting { organisation: organisation.to_owned(), timing, turn });
            state.serve();
        }
        let mut waiter = Waiter { queue: Arc::clone(self), organisation: organisation.to_owned(), timing, given, is_served: false };
        // The sender lives in the queue until it is served.
        let _ = (&mut waiter.given).await;
        waiter.is_served = true;
        waiter.place()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A waiter that may be dropped: before its turn it has no place to give back, after it has.
struct Waiter {
    queue: Arc<Queue>,
    organisation: String,
    timing: bool,
    given: oneshot::Receiver<()>,
    is_served: bool,
}

impl Waiter {
    fn place(&self) -> Place {
        Place { queue: Arc::clone(&self.queue), organisation: self.organisation.clone(), timing: self.timing }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if self.is_served {
            return;
        }
        let queue = Arc::clone(&self.queue);
        // Turns are given under this lock, so none comes between the question and the answer.
        let mut state = queue.lock();
        if self.given.try_recv().is_ok() {
            drop(state);
            drop(self.place());
        } else {
            self.given.close();
            state.serve();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.running -= 1;
        state.timing &= !self.timing;
        if let Some(share) = state.organisations.get_mut(&self.organisation) {
            share.running -= 1;
        }
        state.serve();
    }
}

impl State {
    /// Gives places to whoever is next, as long as there are any.
    fn serve(&mut self) {
        self.waiting.retain(|waiting| !waiting.turn.is_closed());
        while let Some(index) = self.next() {
            let next = self.waiting.remove(index);
            if next.turn.send(()).is_err() {
                continue;
            }
            self.clock += 1;
            self.running += 1;
            self.timing = next.timing;
            let share = self.organisations.entry(next.organisation).or_default();
            share.running += 1;
            share.served = self.clock;
        }
    }

    /// The first waiter of the organisation that has the least running, then was served longest ago.
    /// If that one must be alone and is not, nobody is next: otherwise it would wait for ever.
    fn next(&self) -> Option<usize> {
        if self.timing || self.running >= self.places {
            return None;
        }
        let rank = |waiting: &Waiting| self.organisations.get(&waiting.organisation).map_or((0, 0), |share| (share.running, share.served));
        let (index, next) = self.waiting.iter().enumerate().min_by_key(|(index, waiting)| (rank(waiting), *index))?;
        (!next.timing || self.running == 0).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    /// Polls once: whether the place is there now.
    fn poll<F: Future>(future: &mut std::pin::Pin<&mut F>) -> Option<F::Output> {
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[test]
    fn an_organisation_with_many_jobs_does_not_hold_up_another() {
        let queue = Queue::new(1);
        let mut first = pin!(queue.wait("large", false));
        let running = poll(&mut first).expect("a free place");
        let mut second = pin!(queue.wait("large", false));
        let mut third = pin!(queue.wait("large", false));
        assert!(poll(&mut second).is_none() && poll(&mut third).is_none());
        let mut other = pin!(queue.wait("small", false));
        assert!(poll(&mut other).is_none());
        drop(running);
        let other = poll(&mut other).expect("it has had nothing yet");
        assert!(poll(&mut second).is_none());
        drop(other);
        assert!(poll(&mut second).is_some());
    }

    #[test]
    fn a_timing_job_runs_alone_and_is_not_overtaken_for_ever() {
        let queue = Queue::new(4);
        let mut plain = pin!(queue.wait("a", false));
        let running = poll(&mut plain).expect("a free place");
        let mut timing = pin!(queue.wait("b", true));
        assert!(poll(&mut timing).is_none());
        let mut later = pin!(queue.wait("c", false));
        assert!(poll(&mut later).is_none(), "the timing job is before it");
        drop(running);
        let alone = poll(&mut timing).expect("nothing else runs");
        assert!(poll(&mut later).is_none());
        drop(alone);
        assert!(poll(&mut later).is_some());
    }

    #[test]
    fn one_who_leaves_the_queue_holds_nobody_up() {
        let queue = Queue::new(1);
        let mut first = pin!(queue.wait("a", false));
        let running = poll(&mut first).expect("a free place");
        let mut last = pin!(queue.wait("a", false));
        {
            let mut gone = Box::pin(queue.wait("b", true));
            assert!(poll(&mut gone.as_mut()).is_none());
            assert!(poll(&mut last).is_none());
        }
        drop(running);
        let _last = poll(&mut last).expect("nobody is before it");
        let mut after = pin!(queue.wait("a", false));
        assert!(poll(&mut after).is_none(), "the place is counted once");
    }

    #[test]
    fn one_who_leaves_after_its_turn_gives_the_place_back() {
        let queue = Queue::new(1);
        let mut first = pin!(queue.wait("a", false));
        let running = poll(&mut first).expect("a free place");
        let mut gone = Box::pin(queue.wait("b", false));
        assert!(poll(&mut gone.as_mut()).is_none());
        drop(running);
        drop(gone);
        let mut next = pin!(queue.wait("a", false));
        assert!(poll(&mut next).is_some());
    }
}
