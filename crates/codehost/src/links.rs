//! Where symbolic links of a tree lead: those that leave it or never end are left out.

use std::collections::BTreeMap;

use crate::tree::{Entry, Tree};

/// More links than this on one path never end, as for the kernel.
const MOST_HOPS: usize = 40;

#[derive(Debug, PartialEq, Eq)]
enum Leads {
    Inside(Vec<Vec<u8>>),
    Out,
    Round,
}

/// Leaves out links that lead out of the tree, run in circles, or show a folder that holds them.
pub(crate) fn leave_out_unsafe(tree: &mut Tree) {
    loop {
        let links: BTreeMap<&[u8], &[u8]> = tree
            .entries
            .iter()
            .filter_map(|(path, entry)| match entry {
                Entry::Link { to } => Some((path.as_slice(), to.as_slice())),
                Entry::File { .. } => None,
            })
            .collect();
        let unsafe_links: Vec<(Vec<u8>, &str)> =
            links.keys().filter_map(|path| refusal(&links, path).map(|why| (path.to_vec(), why))).collect();
        if unsafe_links.is_empty() {
            return;
        }
        for (path, why) in unsafe_links {
            tree.entries.remove(&path);
            tree.leave_out(&path, why);
        }
    }
}

fn refusal(links: &BTreeMap<&[u8], &[u8]>, path: &[u8]) -> Option<&'static str> {
    match resolve(links, path) {
        Leads::Out => Some("a symbolic link that leads out of the source"),
        Leads::Round => Some("a symbolic link that runs in a circle"),
        Leads::Inside(end) => {
            let joined = end.join(&b'/');
            let holds_the_link = joined.is_empty() || path.starts_with(&[joined.as_slice(), b"/"].concat());
            holds_the_link.then_some("a symbolic link to a folder that holds it")
        }
    }
}

/// Follows a path as the kernel would, with the tree's own links alone.
fn resolve(links: &BTreeMap<&[u8], &[u8]>, path: &[u8]) -> Leads {
    let mut ahead: Vec<Vec<u8>> = path.split(|byte| *byte == b'/').rev().map(<[u8]>::to_vec).collect();
    let mut place: Vec<Vec<u8>> = Vec::new();
    let mut hops = 0;
    while let Some(part) = ahead.pop() {
        match part.as_slice() {
            b"" | b"." => {}
            b".." => {
                if place.pop().is_none() {
                    return Leads::Out;
                }
            }
            _ => {
                place.push(part);
                if let Some(to) = links.get(place.join(&b'/').as_slice()) {
                    hops += 1;
                    if hops > MOST_HOPS {
                        return Leads::Round;
                    }
                    if to.starts_with(b"/") {
                        return Leads::Out;
                    }
                    place.pop();
                    ahead.extend(to.split(|byte| *byte == b'/').rev().map(<[u8]>::to_vec));
                }
            }
        }
    }
    Leads::Inside(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(links: &[(&str, &str)], path: &str) -> Leads {
        let links = links.iter().map(|(from, to)| (from.as_bytes(), to.as_bytes())).collect();
        resolve(&links, path.as_bytes())
    }

    #[test]
    fn follows_links_through_other_links() {
        let links = [("a", "deep/dir"), ("x", "a/file")];
        assert_eq!(leads(&links, "x"), Leads::Inside(vec![b"deep".to_vec(), b"dir".to_vec(), b"file".to_vec()]));
    }

    #[test]
    fn sees_a_way_out_that_only_following_shows() {
        let links = [("d1/d2/d3/l", "../../../r"), ("d1/d2/d3/x", "l/../../../foo")];
        assert_eq!(leads(&links, "d1/d2/d3/x"), Leads::Out);
        assert_eq!(leads(&[("e", "/etc")], "e"), Leads::Out);
        assert_eq!(leads(&[("e", "../x")], "e"), Leads::Out);
    }

    #[test]
    fn sees_circles() {
        assert_eq!(leads(&[("a", "b"), ("b", "a")], "a"), Leads::Round);
        assert_eq!(leads(&[("a", "a")], "a"), Leads::Round);
    }
}
