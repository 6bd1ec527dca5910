//! Migrations are plain SQL files that are compiled in.

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// Makes a migrator of SQL files; called through [`crate::migrations!`].
///
/// # Panics
/// If a name does not start with its number (`0001_jobs`): a programming error.
pub fn migrator(files: &[(&'static str, &'static str)]) -> Migrator {
    let migration = |(name, sql): &(&'static str, &'static str)| {
        let (number, description) = name.split_once('_').expect("a migration is named NNNN_what");
        let number = number.parse().expect("a migration's name starts with its number");
        Migration::new(number, description.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(files.iter().map(migration).collect())
}

/// Makes a `Migrator` of the named files in a folder given relative to the calling source file:
/// `migrations!("../../../migrations/jobs/sqlite", "0001_jobs", "0002_leases")`.
///
/// Files are named one by one so that the compiler sees a change in them.
#[macro_export]
macro_rules! migrations {
    ($folder:literal $(, $name:literal)* $(,)?) => {
        $crate::migrator(&[$(($name, include_str!(concat!($folder, "/", $name, ".sql")))),*])
    };
}

/// The tables that every role has. Counted in a table of their own, so that a role numbers its
/// migrations from 1.
pub(crate) fn shared() -> Migrator {
    let mut migrator = crate::migrations!("../../../migrations/shared/sqlite", "0001_operations_outbox");
    migrator.dangerous_set_table_name("_shared_migrations");
    migrator
}
