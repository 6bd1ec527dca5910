//! The bus within one process.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// How a group treats what is not acknowledged.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a subscriber may hold a message.
    pub acknowledge_within: Duration,
    /// Deliveries of one message before it is set aside.
    pub attempts: u32,
    /// Messages that a group keeps; the oldest goes for the next beyond.
    pub backlog: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { acknowledge_within: Duration::from_secs(30), attempts: 5, backlog: 10_000 }
    }
}

/// A bus. Cheap to clone.
#[derive(Clone, Default)]
pub struct Bus {
    topics: Arc<Mutex<Topics>>,
}

/// Groups by name, by topic.
type Topics = HashMap<String, HashMap<String, Arc<Group>>>;

struct Group {
    settings: Settings,
    state: Mutex<GroupState>,
    changed: Notify,
}

#[derive(Default)]
struct GroupState {
    next: u64,
    ready: VecDeque<Message>,
    /// Delivered and not acknowledged, with the time when it is delivered again.
    pending: BTreeMap<u64, (Message, Instant)>,
    dead: Vec<Vec<u8>>,
    subscribers: usize,
}

#[derive(Clone)]
struct Message {
    id: u64,
    attempt: u32,
    payload: Vec<u8>,
}

impl Bus {
    /// Makes an empty bus.
    pub fn memory() -> Self {
        Self::default()
    }

    /// Gives a message to every group of the topic.
    pub fn publish(&self, topic: &str, payload: Vec<u8>) {
        let groups: Vec<Arc<Group>> = {
            let topics = self.topics.lock().expect("no holder panics");
            topics.get(topic).map(|groups| groups.values().cloned().collect()).unwrap_or_default()
        };
        groups.iter().for_each(|group| group.push(payload.clone()));
    }

    /// Joins a group of a topic. The group, with what waits in it, goes with its last subscriber.
    pub fn subscribe(&self, topic: &str, group: &str, settings: Settings) -> Subscription {
        let mut topics = self.topics.lock().expect("no holder panics");
        let fresh = || Arc::new(Group { settings, state: Mutex::default(), changed: Notify::new() });
        let joined = topics.entry(topic.to_owned()).or_default().entry(group.to_owned()).or_insert_with(fresh).clone();
        joined.lock().subscribers += 1;
        Subscription { bus: self.clone(), topic: topic.to_owned(), name: group.to_owned(), group: joined }
    }

    fn leave(&self, topic: &str, name: &str, group: &Group) {
        let mut topics = self.topics.lock().expect("no holder panics");
        let left = {
            let mut state = group.lock();
            state.subscribers -= 1;
            state.subscribers
        };
        if left > 0 {
            return;
        }
        if let Some(groups) = topics.get_mut(topic) {
            groups.remove(name);
            if groups.is_empty() {
                topics.remove(topic);
            }
        }
    }
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, GroupState> {
        self.state.lock().expect("no holder panics")
    }

    fn push(&self, payload: Vec<u8>) {
        let mut state = self.lock();
        let id = state.next;
        state.next += 1;
        state.ready.push_back(Message { id, attempt: 0, payload });
        if state.ready.len() > self.settings.backlog {
            state.ready.pop_front();
        }
        drop(state);
        self.changed.notify_one();
    }

    /// The next message, or when one that is pending comes due.
    fn take(&self) -> Result<Message, Option<Instant>> {
        let mut state = self.lock();
        let now = Instant::now();
        let overdue: Vec<u64> = state.pending.iter().filter(|(_, (_, due))| *due <= now).map(|(id, _)| *id).collect();
        for id in overdue {
            if let Some((message, _)) = state.pending.remove(&id) {
                self.give_back(&mut state, message);
            }
        }
        let Some(mut message) = state.ready.pop_front() else {
            return Err(state.pending.values().map(|(_, due)| *due).min());
        };
        message.attempt += 1;
        state.pending.insert(message.id, (message.clone(), now + self.settings.acknowledge_within));
        if !state.ready.is_empty() {
            // Another subscriber may wait for what is left.
            self.changed.notify_one();
        }
        Ok(message)
    }

    fn give_back(&self, state: &mut GroupState, message: Message) {
        if message.attempt >= self.settings.attempts {
            tracing::warn!(attempts = message.attempt, "a message was set aside: nobody acknowledged it");
            state.dead.push(message.payload);
        } else {
            state.ready.push_front(message);
        }
    }
}

/// A subscriber's place in a group.
pub struct Subscription {
    bus: Bus,
    topic: String,
    name: String,
    group: Arc<Group>,
}

impl Subscription {
    /// Waits for the next message.
    pub async fn next(&mut self) -> Delivery {
        loop {
            let changed = self.group.changed.notified();
            match self.group.take() {
                Ok(message) => return Delivery { group: self.group.clone(), message, acknowledged: false },
                Err(None) => changed.await,
                Err(Some(due)) => {
                    let _ = tokio::time::timeout_at(due, changed).await;
                }
            }
        }
    }

    /// Takes the messages that were set aside.
    pub fn dead_letters(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.group.lock().dead)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.bus.leave(&self.topic, &self.name, &self.group);
    }
}

/// A delivered message. Dropped without acknowledgement, it is delivered again.
pub struct Delivery {
    group: Arc<Group>,
    message: Message,
    acknowledged: bool,
}

impl Delivery {
    /// The message.
    pub fn payload(&self) -> &[u8] {
        &self.message.payload
    }

    /// Which delivery of the message this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.message.attempt
    }

    /// Tells that the message's effect is kept.
    pub fn acknowledge(mut self) {
        self.acknowledged = true;
        self.group.lock().pending.remove(&self.message.id);
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if self.acknowledged {
            return;
        }
        let mut state = self.group.lock();
        // One that came due meanwhile has been given back already.
        let is_current = state.pending.get(&self.message.id).is_some_and(|(message, _)| message.attempt == self.message.attempt);
        if is_current {
            state.pending.remove(&self.message.id);
            let message = self.message.clone();
            self.group.give_back(&mut state, message);
            drop(state);
            self.group.changed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(attempts: u32) -> Settings {
        Settings { acknowledge_within: Duration::from_secs(5), attempts, ..Settings::default() }
    }

    #[tokio::test]
    async fn every_group_gets_every_message_and_one_subscriber_of_a_group_gets_it() {
        let bus = Bus::memory();
        let (mut first, mut second) = (bus.subscribe("t", "a", settings(3)), bus.subscribe("t", "a", settings(3)));
        let mut other = bus.subscribe("t", "b", settings(3));
        bus.publish("t", b"1".to_vec());
        bus.publish("t", b"2".to_vec());
        let (one, two) = (first.next().await, second.next().await);
        assert_eq!((one.payload(), two.payload()), (b"1".as_slice(), b"2".as_slice()));
        assert_eq!(other.next().await.payload(), b"1");
    }

    #[tokio::test]
    async fn a_message_dropped_without_acknowledgement_comes_again_first() {
        let bus = Bus::memory();
        let mut subscription = bus.subscribe("t", "a", settings(3));
        bus.publish("t", b"1".to_vec());
        bus.publish("t", b"2".to_vec());
        drop(subscription.next().await);
        let again = subscription.next().await;
        assert_eq!((again.payload(), again.attempt()), (b"1".as_slice(), 2));
        again.acknowledge();
        assert_eq!(subscription.next().await.payload(), b"2");
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_held_too_long_goes_to_another_subscriber() {
        let bus = Bus::memory();
        let (mut slow, mut quick) = (bus.subscribe("t", "a", settings(3)), bus.subscribe("t", "a", settings(3)));
        bus.publish("t", b"1".to_vec());
        let held = slow.next().await;
        let again = quick.next().await;
        assert_eq!((again.payload(), again.attempt()), (b"1".as_slice(), 2));
        drop(held);
        again.acknowledge();
        bus.publish("t", b"2".to_vec());
        assert_eq!(slow.next().await.payload(), b"2", "the late drop gave nothing back");
    }

    #[tokio::test]
    async fn a_message_that_nobody_acknowledges_is_set_aside() {
        let bus = Bus::memory();
        let mut subscription = bus.subscribe("t", "a", settings(2));
        bus.publish("t", b"poison".to_vec());
        bus.publish("t", b"good".to_vec());
        drop(subscription.next().await);
        drop(subscription.next().await);
        assert_eq!(subscription.next().await.payload(), b"good");
        assert_eq!(subscription.dead_letters(), [b"poison".to_vec()]);
    }

    #[tokio::test]
    async fn a_group_goes_with_its_last_subscriber() {
        let bus = Bus::memory();
        drop(bus.subscribe("t", "a", settings(2)));
        bus.publish("t", b"1".to_vec());
        let mut subscription = bus.subscribe("t", "a", settings(2));
        bus.publish("t", b"2".to_vec());
        assert_eq!(subscription.next().await.payload(), b"2");
    }
}
