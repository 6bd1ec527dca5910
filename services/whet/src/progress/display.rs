//! Shows a story on standard error: alive on a terminal, plain lines elsewhere, nothing if asked.

use std::{io::IsTerminal, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use whetstone_proto::repository::v1::{Snapshot, WatchEventsResponse};

use super::story::{Active, Story, headline};
use crate::cli::Global;

/// Where a run's story is shown.
pub struct Display {
    story: Story,
    shown: Shown,
    has_opened: bool,
}

enum Shown {
    Live(ProgressBar),
    Plain,
    Quiet,
}

impl Display {
    /// Chooses by the command line and by what standard error is.
    pub fn new(global: &Global) -> Self {
        let shown = if global.quiet {
            Shown::Quiet
        } else if std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb") {
            Shown::Live(ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()))
        } else {
            Shown::Plain
        };
        Self { story: Story::new(global.verbose), shown, has_opened: false }
    }

    /// Says what was opened.
    pub fn opened(&mut self, snapshot: &Snapshot) {
        self.has_opened = true;
        self.line(&headline(snapshot));
    }

    /// Whether it was said.
    pub fn has_opened(&self) -> bool {
        self.has_opened
    }

    /// Shows an update.
    pub fn hear(&mut self, update: &WatchEventsResponse) {
        let before = self.story.active().map(|active| active.title.clone());
        for line in self.story.hear(update) {
            self.line(&line);
        }
        let Shown::Live(bar) = &self.shown else { return };
        match self.story.active() {
            Some(active) => {
                if before.as_ref() != Some(&active.title) {
                    bar.reset();
                    bar.enable_steady_tick(Duration::from_millis(120));
                }
                bar.set_style(style(active));
                bar.set_prefix(active.title.clone());
                bar.set_message(crate::text::harmless(&crate::text::one_line(&active.note, 50)));
                bar.set_length(active.total);
                bar.set_position(active.done.min(active.total));
            }
            None => {
                bar.disable_steady_tick();
                bar.finish_and_clear();
            }
        }
    }

    /// Says one line above whatever is alive.
    pub fn line(&self, line: &str) {
        match &self.shown {
            Shown::Live(bar) => bar.suspend(|| eprintln!("{line}")),
            Shown::Plain => eprintln!("{line}"),
            Shown::Quiet => {}
        }
    }

    /// Leaves the terminal as it was.
    pub fn end(&self) {
        if let Shown::Live(bar) = &self.shown {
            bar.disable_steady_tick();
            bar.finish_and_clear();
        }
        if let Some(broken) = self.story.broken() {
            self.line(broken);
        }
    }
}

/// One line that moves. Colour is indicatif's own choice: none under NO_COLOR.
fn style(active: &Active) -> ProgressStyle {
    let template = if active.total > 0 {
        "{spinner:.cyan} {prefix:<12} {msg:<50} ▕{bar:16.cyan}▏ {pos}/{len}  {elapsed}"
    } else {
        "{spinner:.cyan} {prefix:<12} {msg:<50} {elapsed}"
    };
    let style = ProgressStyle::with_template(template).expect("the template is valid");
    style.progress_chars("█▉▊▋▌▍▎▏ ").tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ ")
}
