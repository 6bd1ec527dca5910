//! `docs/cli.md`, generated from clap.

use std::fmt::Write;

use clap::{Arg, Command, CommandFactory, builder::PossibleValue};

use crate::cli::{Cli, EXIT_STATUSES};

/// Writes the whole reference as Markdown.
pub fn markdown() -> String {
    let mut root = Cli::command().term_width(100);
    root.build();
    let mut text = String::from(
        "# Command line\n\n<!-- Generated from clap by `make docs`. -->\n\n`whet` makes other people's code faster, and proves it.\nOptions that every command has stand under [Everywhere](#everywhere).\n\n",
    );
    for command in shown(&root) {
        section(&mut text, command, "whet");
    }
    text.push_str("## Everywhere\n\n");
    options(&mut text, root.get_arguments().filter(|argument| argument.is_global_set()));
    let statuses = EXIT_STATUSES.lines().skip(1).map(|line| line.trim().split_once("  ").unwrap_or((line, "")));
    text.push_str("## Exit status\n\n| status | meaning |\n|---|---|\n");
    for (status, meaning) in statuses {
        let _ = writeln!(text, "| {status} | {} |", meaning.trim());
    }
    text
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|command| command.get_name() != "help" && !command.is_hide_set())
}

fn section(text: &mut String, command: &Command, parent: &str) {
    let name = format!("{parent} {}", command.get_name());
    if command.has_subcommands() {
        shown(command).for_each(|inner| section(text, inner, &name));
        return;
    }
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let _ = write!(text, "## `{name}`\n\n{about}.\n\n```\n{}\n```\n\n", usage(command, &name));
    options(text, command.get_arguments().filter(|argument| !argument.is_global_set()));
}

/// The usage line, without options that stand in the table.
fn usage(command: &Command, name: &str) -> String {
    let has_options = command.get_opts().any(|option| !option.is_global_set());
    let required = command
        .get_opts()
        .filter(|option| option.is_required_set())
        .map(|option| format!("--{} {}", option.get_long().unwrap_or_default(), placeholder(option)));
    let positionals = command.get_positionals().map(|positional| {
        let place = placeholder(positional);
        if positional.is_required_set() { place } else { format!("[{}]", place.trim_matches(['<', '>'])) }
    });
    let words: Vec<String> = positionals.chain(required).collect();
    [name, &words.join(" "), if has_options { "[OPTIONS]" } else { "" }]
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

fn placeholder(argument: &Arg) -> String {
    let name = argument
        .get_value_names()
        .and_then(|names| names.first())
        .map_or_else(|| argument.get_id().as_str().to_uppercase(), ToString::to_string);
    let many = argument.get_num_args().is_some_and(|count| count.max_values() > 1);
    format!("<{name}>{}", if many { "..." } else { "" })
}

fn options<'a>(text: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    let rows: Vec<String> = arguments
        .filter(|argument| !["help", "version"].contains(&argument.get_id().as_str()) && !argument.is_hide_set())
        .map(row)
        .collect();
    if !rows.is_empty() {
        let _ = write!(text, "| option | meaning |\n|---|---|\n{}\n\n", rows.join("\n"));
    }
}

fn row(argument: &Arg) -> String {
    let takes_value = argument.get_action().takes_values();
    let value = if takes_value { placeholder(argument) } else { String::new() };
    let long = argument.get_long().map(|long| format!("--{long}"));
    let short = argument.get_short().map(|short| format!("-{short}"));
    let names: Vec<String> = [short, long].into_iter().flatten().collect();
    let name = [names.join(", "), value].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> = argument.get_possible_values().iter().filter(|_| takes_value).map(one_value).collect();
    let one_of = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
    let default =
        argument.get_default_values().first().filter(|_| takes_value).map(|value| format!(" [default: {}]", value.to_string_lossy()));
    let variable = argument.get_env().map(|name| format!(" [variable: {}]", name.to_string_lossy()));
    format!("| `{name}` | {}{one_of}{}{} |", help.replace('|', "\\|"), default.unwrap_or_default(), variable.unwrap_or_default())
}

/// `low` (what it means), where it says so.
fn one_value(value: &PossibleValue) -> String {
    let meaning = value.get_help().map(ToString::to_string).unwrap_or_default();
    let mut letters = meaning.chars();
    match letters.next() {
        Some(first) => format!("`{}` ({}{})", value.get_name(), first.to_lowercase(), letters.as_str()),
        None => format!("`{}`", value.get_name()),
    }
}
