//! Snapshots of folders, refs, clones and archives.

mod common;

use std::{
    fs,
    io::Write,
    os::unix::{ffi::OsStrExt, fs::symlink},
    path::PathBuf,
};

use common::{Place, contents, paths};
use whetstone_codehost::{CodehostError, Limits, Source, snapshot};

#[tokio::test]
async fn a_folder_is_taken_with_uncommitted_files_and_without_ignored_ones() {
    let place = Place::repository();
    place.write(".gitignore", "ignored.txt\n");
    place.write("ignored.txt", "no");
    place.write("new.py", "new = 1\n");
    place.write("a.py", "one = 10\n");
    fs::remove_file(place.path().join("pkg/b.py")).unwrap();
    let taken = place.snapshot().await.unwrap();
    assert_eq!(paths(&taken), [".gitignore", "a.py", "new.py"]);
    assert_eq!(contents(&taken)["a.py"], "one = 10\n");
    assert!(taken.uncommitted);
    assert_eq!(taken.branch.as_deref(), Some("main"));
    assert_eq!(taken.commit, Some(place.git(&["rev-parse", "HEAD"])));
}

#[tokio::test]
async fn a_folder_that_its_repository_ignores_is_taken_whole_where_it_is_named() {
    let place = Place::repository();
    place.write(".gitignore", "/built\n");
    place.write("built/pkg/x.py", "x = 1\n");
    let taken = place.snapshot_of(&Source::Folder(place.path().join("built")), None).await.unwrap();
    assert_eq!(paths(&taken), ["pkg/x.py"]);
    assert_eq!((taken.commit, taken.branch), (None, None));
}

#[tokio::test]
async fn taking_a_snapshot_leaves_the_folder_untouched() {
    let place = Place::repository();
    let index = || fs::read(place.path().join(".git/index")).unwrap();
    // The same content with another time would make git refresh its index.
    let text = fs::read(place.path().join("a.py")).unwrap();
    place.write("a.py", text);
    let before = index();
    drop(place.snapshot().await.unwrap());
    assert_eq!(index(), before);
    assert_eq!(place.git(&["status", "--porcelain"]), "");
    assert!(place.work_is_empty());
}

#[tokio::test]
async fn equal_trees_have_equal_digests_however_they_came() {
    let place = Place::repository();
    let folder = place.snapshot().await.unwrap();
    let by_ref = place.snapshot_of(&Source::Folder(place.path().to_owned()), Some("main")).await.unwrap();
    let url = format!("file://{}", place.path().display());
    let cloned = place.snapshot_of(&Source::Git(url), None).await.unwrap();
    let again = place.snapshot_of(&Source::Tree(folder.tar.path().to_owned()), None).await.unwrap();
    assert_eq!(folder.digest, by_ref.digest);
    assert_eq!(folder.digest, cloned.digest);
    assert_eq!(folder.digest, again.digest);
    assert_eq!(cloned.branch.as_deref(), Some("main"));
    assert_eq!(cloned.name, place.path().file_name().unwrap().to_string_lossy());
    place.write("a.py", "changed\n");
    assert_ne!(place.snapshot().await.unwrap().digest, folder.digest);
}

#[tokio::test]
async fn a_ref_is_a_branch_a_tag_or_a_commit_also_of_a_clone() {
    let place = Place::repository();
    let first = place.git(&["rev-parse", "HEAD"]);
    place.git(&["tag", "v1"]);
    place.write("a.py", "one = 10\n");
    place.commit("second");
    let folder = Source::Folder(place.path().to_owned());
    let clone = Source::Git(format!("file://{}", place.path().display()));
    for source in [&folder, &clone] {
        for reference in ["v1", &first, &first[..10]] {
            let taken = place.snapshot_of(source, Some(reference)).await.unwrap();
            assert_eq!(taken.commit.as_deref(), Some(first.as_str()), "{source:?} {reference}");
            assert!(contents(&taken)["a.py"].starts_with("one = 1\n"));
        }
        let error = place.snapshot_of(source, Some("nowhere")).await.unwrap_err();
        assert!(matches!(error, CodehostError::UnknownRef { .. }), "{error}");
    }
    assert!(place.work_is_empty());
}

#[tokio::test]
async fn a_failed_or_abandoned_clone_leaves_nothing() {
    let place = Place::empty();
    let source = Source::Git("file:///nowhere/at/all".into());
    let error = place.snapshot_of(&source, None).await.unwrap_err();
    assert_eq!(error.reason(), "CLONE_FAILED");
    assert!(error.to_string().contains("does not appear to be a git repository"), "{error}");
    assert!(place.work_is_empty());
    // A listener that never answers holds the clone until its future is dropped.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let source = Source::Git(format!("http://{}/x.git", silent.local_addr().unwrap()));
    let mut taking = Box::pin(place.snapshot_of(&source, None));
    let accepted = tokio::task::spawn_blocking(move || silent.accept().unwrap());
    tokio::select! {
        _ = &mut taking => panic!("nobody answers"),
        connection = accepted => drop((taking, connection)),
    }
    assert!(place.work_is_empty());
}

#[tokio::test]
async fn links_that_loop_or_lead_out_are_left_out_and_said() {
    let place = Place::empty();
    place.write("a.py", "a");
    fs::create_dir(place.path().join("sub")).unwrap();
    for (to, from) in
        [("a.py", "ok"), ("/etc/passwd", "absolute"), ("../x", "climbs"), ("loop2", "loop1"), ("loop1", "loop2"), ("..", "sub/up")]
    {
        symlink(to, place.path().join(from)).unwrap();
    }
    let taken = place.snapshot().await.unwrap();
    assert_eq!(paths(&taken), ["a.py", "ok"]);
    assert_eq!(contents(&taken)["ok"], "-> a.py");
    assert_eq!(taken.left_out.len(), 5, "{:?}", taken.left_out);
    assert!(taken.left_out.iter().any(|line| line.starts_with("absolute: a symbolic link that leads out")));
}

#[tokio::test]
async fn names_and_sources_that_are_not_utf8_are_kept() {
    let place = Place::repository();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.py");
    fs::write(place.path().join(name), b"# -*- coding: latin-1 -*-\nname = '\xe9'\n").unwrap();
    let taken = place.snapshot().await.unwrap();
    let mut archive = tar::Archive::new(taken.tar.reopen().unwrap());
    let found = archive.entries().unwrap().any(|entry| entry.unwrap().path_bytes().as_ref() == b"caf\xe9.py");
    assert!(found);
}

#[tokio::test]
async fn too_many_and_too_large_are_refused_and_one_huge_file_is_left_out() {
    let place = Place::empty();
    for number in 0..5 {
        place.write(&format!("f{number}"), "12345");
    }
    let take = |limits| snapshot(Box::leak(Box::new(Source::Folder(place.path().to_owned()))), None, limits, place.work.path());
    let limits = Limits { files: 5, file_bytes: 5, total_bytes: 25 };
    assert_eq!(take(limits).await.unwrap().files, 5);
    assert_eq!(take(Limits { files: 4, ..limits }).await.unwrap_err().reason(), "TOO_MANY_FILES");
    assert_eq!(take(Limits { total_bytes: 24, ..limits }).await.unwrap_err().reason(), "SOURCE_TOO_LARGE");
    place.write("huge", "123456");
    let taken = take(limits).await.unwrap();
    assert_eq!((taken.files, taken.left_out.len()), (5, 1));
    assert!(taken.left_out[0].starts_with("huge: larger than"));
}

#[tokio::test]
async fn nothing_there_and_nothing_in_it_are_told() {
    let place = Place::empty();
    assert_eq!(place.snapshot().await.unwrap_err().reason(), "SOURCE_EMPTY");
    let missing = place.snapshot_of(&Source::Folder("/nowhere".into()), None).await.unwrap_err();
    assert_eq!(missing.reason(), "SOURCE_MISSING");
    let no_git = place.snapshot_of(&Source::Folder(place.path().to_owned()), Some("main")).await.unwrap_err();
    assert_eq!(no_git.reason(), "NO_GIT_REPOSITORY");
}

#[tokio::test]
async fn a_virtual_environment_without_ignore_file_is_left_out() {
    let place = Place::empty();
    place.write("a.py", "a");
    place.write("venv/pyvenv.cfg", "");
    place.write("venv/lib/x.py", "x");
    place.write("__pycache__/a.pyc", "x");
    assert_eq!(paths(&place.snapshot().await.unwrap()), ["a.py"]);
}

fn tar_gz(at: PathBuf, entries: &[(&str, &[u8])]) -> PathBuf {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(fs::File::create(&at).unwrap(), flate2::Compression::fast()));
    for (path, data) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        builder.append(&header, *data).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap();
    at
}

#[tokio::test]
async fn an_archive_loses_its_single_top_folder_and_its_ways_out() {
    let place = Place::empty();
    let entries: [(&str, &[u8]); 4] = [("p-1.0/a.py", b"a"), ("p-1.0/pkg/b.py", b"b"), ("../evil.py", b"e"), ("/etc/evil", b"e")];
    let archive = tar_gz(place.path().join("p-1.0.tar.gz"), &entries);
    let taken = place.snapshot_of(&Source::Archive(archive), None).await.unwrap();
    assert_eq!(paths(&taken), ["a.py", "pkg/b.py"]);
    assert_eq!(taken.name, "p-1.0");
    assert_eq!(taken.left_out.len(), 2, "{:?}", taken.left_out);
}

#[tokio::test]
async fn a_zip_is_read_and_a_bomb_is_stopped() {
    let place = Place::empty();
    let at = place.path().join("p.zip");
    let mut writer = zip::ZipWriter::new(fs::File::create(&at).unwrap());
    writer.start_file("p/a.py", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(&vec![b' '; 100_000]).unwrap();
    writer.finish().unwrap();
    let taken = place.snapshot_of(&Source::Archive(at.clone()), None).await.unwrap();
    assert_eq!(paths(&taken), ["a.py"]);
    let small = Limits { total_bytes: 99_999, ..Limits::default() };
    let error = snapshot(&Source::Archive(at), None, small, place.work.path()).await.unwrap_err();
    assert_eq!(error.reason(), "SOURCE_TOO_LARGE");
    let bomb = tar_gz(place.path().join("b.tar.gz"), &[("huge", &vec![0; 5_000_000])]);
    let small = Limits { total_bytes: 1_000_000, file_bytes: 1_000_000, ..Limits::default() };
    let error = snapshot(&Source::Archive(bomb), None, small, place.work.path()).await.unwrap_err();
    assert!(matches!(error, CodehostError::ArchiveUnreadable { .. }), "{error}");
}

#[tokio::test]
async fn what_is_no_archive_or_half_of_one_is_told() {
    let place = Place::empty();
    let whole = fs::read(tar_gz(place.path().join("w.tar.gz"), &[("p/a.py", &[7; 40_000])])).unwrap();
    let half = place.write("half.tar.gz", &whole[..whole.len() / 2]);
    let text = place.write("text.zip", "this is not an archive, but it is longer than nothing");
    for path in [half, text] {
        let error = place.snapshot_of(&Source::Archive(path), None).await.unwrap_err();
        assert_eq!(error.reason(), "ARCHIVE_UNREADABLE", "{error}");
    }
}
