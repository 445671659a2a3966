//! House rule: no two files import each other in a circle, so that each can be read after those that it builds on.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::sources;

/// A path as it stands in a source: `crate::runs::Folder`, in its parts.
type Path = Vec<String>;

/// What a file names.
#[derive(Debug, Default)]
struct Names {
    /// Paths that it uses.
    used: BTreeSet<Path>,
    /// Paths that it hands on under their last part: who names them here means where they come from.
    handed_on: BTreeMap<String, Path>,
}

/// The words of a source without comments: names, `::`, and single signs.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    for line in text.lines() {
        let mut rest = line.split("//").next().unwrap_or(line);
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let end = if word > 0 {
                word
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let (token, left) = rest.split_at(end);
            if !token.trim().is_empty() {
                tokens.push(token);
            }
            rest = left;
        }
    }
    tokens
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The paths that start at token `at`, a tree in braces unfolded, and the token behind them.
fn paths(tokens: &[&str], mut at: usize, prefix: &[String]) -> (Vec<Path>, usize) {
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(at) {
            Some(&"{") => {
                let mut all = Vec::new();
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    if is_name(tokens[at]) && tokens[at - 1] != "as" && tokens[at] != "as" {
                        let (found, behind) = paths(tokens, at, &path);
                        all.extend(found);
                        at = behind;
                    } else {
                        at += 1;
                    }
                }
                return (all, at + 1);
            }
            Some(token) if is_name(token) => path.push((*token).to_owned()),
            _ => return (vec![path], at),
        }
        at += 1;
        if tokens.get(at) != Some(&"::") {
            return (vec![path], at);
        }
        at += 1;
    }
}

fn names(text: &str) -> Names {
    let tokens = tokens(text);
    let (mut names, mut at, mut hands_on) = (Names::default(), 0, false);
    while at < tokens.len() {
        let token = tokens[at];
        if token == "use" {
            hands_on = at > 0 && (tokens[at - 1] == "pub" || tokens[at - 1] == ")");
        } else if token == ";" {
            hands_on = false;
        } else if is_name(token) && !(at > 0 && [".", "::"].contains(&tokens[at - 1])) {
            let (found, behind) = paths(&tokens, at, &[]);
            for path in found.into_iter().filter(|path| path.len() > 1) {
                if hands_on {
                    names.handed_on.insert(path[path.len() - 1].clone(), path);
                } else {
                    names.used.insert(path);
                }
            }
            at = behind;
            continue;
        }
        at += 1;
    }
    names
}

/// The module that a file is: `src/runs/folder.rs` is `runs::folder`, and `src/runs/mod.rs` is `runs`.
fn module(file: &str) -> Path {
    let parts = file.trim_start_matches("src/").trim_end_matches(".rs").split('/').map(str::to_owned);
    parts.filter(|part| !["mod", "lib", "main"].contains(&part.as_str())).collect()
}

/// All files by their modules, with what they name.
type Modules = BTreeMap<Path, Names>;

/// The module that a path in `here` leads into, whoever hands it on.
fn target(modules: &Modules, here: &Path, path: &[String], hops: usize) -> Option<Path> {
    let (mut from, mut rest) = (here.clone(), path);
    match rest[0].as_str() {
        "crate" => (from, rest) = (Path::new(), &rest[1..]),
        "self" => rest = &rest[1..],
        "super" => {
            while rest.first().is_some_and(|part| part == "super") {
                from.pop();
                rest = &rest[1..];
            }
        }
        child => {
            let inner: Path = from.iter().cloned().chain([child.to_owned()]).collect();
            modules.get(&inner)?;
        }
    }
    while let Some((next, behind)) = rest.split_first() {
        from.push(next.clone());
        if !modules.contains_key(&from) {
            from.pop();
            break;
        }
        rest = behind;
    }
    let handed_on = rest.first().and_then(|name| modules.get(&from)?.handed_on.get(name)).filter(|_| hops < 8);
    handed_on.and_then(|origin| target(modules, &from, origin, hops + 1)).or(Some(from))
}

/// Which modules each uses, of all files.
fn imports(sources: &BTreeMap<String, String>) -> BTreeMap<Path, BTreeSet<Path>> {
    let modules: Modules =
        sources.iter().filter(|(file, _)| *file != "src/main.rs").map(|(file, text)| (module(file), names(text))).collect();
    let used = |(here, names): (&Path, &Names)| {
        let all = names.used.iter().filter_map(|path| target(&modules, here, path, 0));
        (here.clone(), all.filter(|other| other != here && modules.contains_key(other)).collect())
    };
    modules.iter().map(used).collect()
}

/// Those that are in a circle, or between two circles.
fn circles(mut imports: BTreeMap<Path, BTreeSet<Path>>) -> Vec<String> {
    loop {
        let used: BTreeSet<Path> = imports.values().flatten().cloned().collect();
        let before = imports.len();
        imports.retain(|here, others| !others.is_empty() && used.contains(here));
        let left: BTreeSet<Path> = imports.keys().cloned().collect();
        imports.values_mut().for_each(|others| others.retain(|other| left.contains(other)));
        if imports.len() == before {
            let name = |path: &Path| path.join("::");
            let line = |(here, others): (&Path, &BTreeSet<Path>)| {
                format!("{} uses {}", name(here), others.iter().map(name).collect::<Vec<_>>().join(", "))
            };
            return imports.iter().map(line).collect();
        }
    }
}

#[test]
fn no_two_files_import_each_other_in_a_circle() {
    let found = circles(imports(&sources()));
    assert!(found.is_empty(), "these files import each other in a circle, or lie between two:\n{}", found.join("\n"));
}

#[test]
fn circles_are_seen_through_braces_and_whoever_hands_a_name_on() {
    let file = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    let straight = [
        ("src/lib.rs", "pub mod room; mod ground;"),
        ("src/ground.rs", "pub struct Ground; // use crate::room::Roof;"),
        ("src/room/mod.rs", "mod roof; mod wall; pub use roof::{Roof, other as Another}; pub use wall::Wall;"),
        ("src/room/roof.rs", "use super::Wall; use crate::ground::{Ground as G, self}; pub struct Roof;"),
        ("src/room/wall.rs", "pub struct Wall;"),
    ];
    let sources: BTreeMap<String, String> = straight.map(file).into();
    let all = imports(&sources);
    let of = |name: &str| all[&module(name)].iter().map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(of("src/room/roof.rs"), ["ground", "room::wall"]);
    assert!(circles(all.clone()).is_empty());
    for text in ["use super::{a, Roof};", "fn f() { crate::room::Roof::new() }", "use crate::{ground, room::roof};", "use super::roof;"] {
        let mut sources = sources.clone();
        sources.insert("src/room/wall.rs".to_owned(), text.to_owned());
        assert_eq!(circles(imports(&sources)), ["room::roof uses room::wall", "room::wall uses room::roof"], "{text}");
    }
    let mut sources = sources;
    sources.insert("src/room/wall.rs".to_owned(), "use super::f; pub struct Wall;".to_owned());
    sources.insert("src/room/mod.rs".to_owned(), "mod roof; mod wall; pub fn f() { wall::Wall::new() }".to_owned());
    assert_eq!(circles(imports(&sources)), ["room uses room::wall", "room::wall uses room"]);
}
