//! Which modules and names an edit may begin to use.

/// Modules of the standard library that compute and do nothing else: free to use.
const PURE: &[&str] = &[
    "__future__",
    "abc",
    "array",
    "base64",
    "binascii",
    "bisect",
    "calendar",
    "cmath",
    "codecs",
    "collections",
    "colorsys",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "decimal",
    "difflib",
    "enum",
    "errno",
    "fnmatch",
    "fractions",
    "functools",
    "graphlib",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "math",
    "ntpath",
    "numbers",
    "operator",
    "posixpath",
    "pprint",
    "quopri",
    "re",
    "reprlib",
    "stat",
    "statistics",
    "string",
    "stringprep",
    "struct",
    "textwrap",
    "token",
    "tokenize",
    "types",
    "typing",
    "unicodedata",
    "weakref",
    "zlib",
    "zoneinfo",
    "datetime",
    "ast",
    "sre_constants",
    "sre_parse",
    "sre_compile",
    "urllib.parse",
    "collections.abc",
    "warnings",
    "logging",
    "_collections_abc",
    "_operator",
    "_functools",
];

/// Modules whose new use is refused, with what they reach.
const REFUSED: &[(&str, &str)] = &[
    ("os", "the operating system"),
    ("posix", "the operating system"),
    ("nt", "the operating system"),
    ("subprocess", "processes"),
    ("multiprocessing", "processes"),
    ("concurrent", "threads and processes"),
    ("threading", "threads"),
    ("_thread", "threads"),
    ("asyncio", "tasks and the network"),
    ("queue", "threads"),
    ("sched", "clocks"),
    ("signal", "signals"),
    ("socket", "the network"),
    ("socketserver", "the network"),
    ("ssl", "the network"),
    ("select", "the network"),
    ("selectors", "the network"),
    ("http", "the network"),
    ("urllib", "the network"),
    ("ftplib", "the network"),
    ("smtplib", "the network"),
    ("imaplib", "the network"),
    ("poplib", "the network"),
    ("telnetlib", "the network"),
    ("xmlrpc", "the network"),
    ("webbrowser", "processes"),
    ("shutil", "the file system"),
    ("pathlib", "the file system"),
    ("tempfile", "the file system"),
    ("glob", "the file system"),
    ("fileinput", "the file system"),
    ("mmap", "the file system"),
    ("fcntl", "the file system"),
    ("shelve", "the file system"),
    ("dbm", "the file system"),
    ("sqlite3", "the file system"),
    ("zipfile", "the file system"),
    ("tarfile", "the file system"),
    ("linecache", "the file system"),
    ("sys", "the interpreter"),
    ("builtins", "the built-in functions"),
    ("importlib", "loaded modules"),
    ("imp", "loaded modules"),
    ("pkgutil", "loaded modules"),
    ("runpy", "loaded modules"),
    ("zipimport", "loaded modules"),
    ("site", "the interpreter"),
    ("sysconfig", "the interpreter"),
    ("gc", "the garbage collector"),
    ("inspect", "stack frames"),
    ("traceback", "stack frames"),
    ("dis", "code objects"),
    ("opcode", "code objects"),
    ("code", "code objects"),
    ("codeop", "code objects"),
    ("marshal", "code objects"),
    ("pickle", "stored objects"),
    ("ctypes", "memory"),
    ("cffi", "memory"),
    ("_ctypes", "memory"),
    ("trace", "tracing"),
    ("tracemalloc", "tracing"),
    ("faulthandler", "tracing"),
    ("bdb", "tracing"),
    ("pdb", "tracing"),
    ("profile", "tracing"),
    ("cProfile", "tracing"),
    ("time", "clocks"),
    ("timeit", "clocks"),
    ("resource", "limits"),
    ("atexit", "exit handlers"),
    ("platform", "the machine"),
    ("getpass", "the environment"),
    ("locale", "process state"),
    ("contextvars", "process state"),
    ("uuid", "random state"),
    ("random", "random state"),
    ("secrets", "random state"),
    ("pty", "processes"),
    ("tty", "processes"),
    ("syslog", "the machine"),
    ("unittest", "the test framework"),
    ("doctest", "the test framework"),
    ("pytest", "the test framework"),
    ("_pytest", "the test framework"),
    ("whet_harness", "the judging harness"),
    ("sitecustomize", "the interpreter"),
    ("_imp", "loaded modules"),
    ("_io", "the file system"),
    ("_socket", "the network"),
    ("_posixsubprocess", "processes"),
    ("nturl2path", "the file system"),
];

/// Members of refused modules that only compute.
const HARMLESS_MEMBERS: &[&str] = &[
    "os.path.join",
    "os.path.split",
    "os.path.splitext",
    "os.path.basename",
    "os.path.dirname",
    "os.path.normpath",
    "os.path.normcase",
    "os.path.isabs",
    "os.path.commonprefix",
    "os.path.commonpath",
    "os.path.sep",
    "os.path",
    "os.sep",
    "os.linesep",
    "os.fspath",
    "os.altsep",
    "os.pathsep",
    "os.PathLike",
    "sys.intern",
    "sys.maxsize",
    "sys.maxunicode",
    "sys.version_info",
    "sys.byteorder",
    "sys.float_info",
    "sys.hash_info",
    "urllib.parse",
];

/// Built-in names whose new use is refused, with what they reach.
pub(super) const REFUSED_BUILTINS: &[(&str, &str)] = &[
    ("eval", "runs text as code"),
    ("exec", "runs text as code"),
    ("compile", "makes code objects"),
    ("__import__", "loads modules"),
    ("open", "reaches the file system"),
    ("input", "reads the terminal"),
    ("globals", "reaches the module's names"),
    ("locals", "reaches the frame's names"),
    ("breakpoint", "enters a debugger"),
    ("__builtins__", "reaches the built-in functions"),
    ("__loader__", "loads modules"),
    ("__spec__", "loads modules"),
    ("exit", "ends the process"),
    ("quit", "ends the process"),
    ("__file__", "reads where the code lies"),
    ("id", "shows addresses"),
];

/// Attribute names whose new use is refused, with what they reach.
pub(super) const REFUSED_ATTRIBUTES: &[(&str, &str)] = &[
    ("__code__", "code objects"),
    ("__globals__", "module names"),
    ("__closure__", "closure cells"),
    ("cell_contents", "closure cells"),
    ("__defaults__", "function defaults"),
    ("__kwdefaults__", "function defaults"),
    ("__subclasses__", "loaded classes"),
    ("__bases__", "class internals"),
    ("__builtins__", "the built-in functions"),
    ("__loader__", "loaded modules"),
    ("__import__", "loaded modules"),
    ("gi_frame", "stack frames"),
    ("cr_frame", "stack frames"),
    ("ag_frame", "stack frames"),
    ("f_back", "stack frames"),
    ("f_locals", "stack frames"),
    ("f_globals", "stack frames"),
    ("f_code", "stack frames"),
    ("tb_frame", "stack frames"),
    ("tb_next", "stack frames"),
    ("__traceback__", "stack frames"),
    ("_getframe", "stack frames"),
    ("_current_frames", "stack frames"),
    ("gi_code", "code objects"),
    ("gi_yieldfrom", "what a generator waits for"),
    ("cr_await", "what a coroutine waits for"),
    ("ag_await", "what a generator waits for"),
    ("co_consts", "code objects"),
    ("co_code", "code objects"),
    ("settrace", "tracing"),
    ("setprofile", "tracing"),
    ("__reduce_ex__", "stored objects"),
    ("__setattr__", "attributes behind their owner's back"),
    ("__delattr__", "attributes behind their owner's back"),
    ("simplefilter", "process state"),
    ("filterwarnings", "process state"),
    ("resetwarnings", "process state"),
    ("setrecursionlimit", "the interpreter"),
];

/// Why code may not begin to use `dotted`; `None` if it may. `dotted` is a module or a member.
pub(super) fn refusal(dotted: &str) -> Option<&'static str> {
    let is_in =
        |list: &[&str]| list.iter().any(|name| dotted == *name || dotted.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
    if HARMLESS_MEMBERS.contains(&dotted) || is_in(&["urllib.parse"]) {
        return None;
    }
    let top = dotted.split('.').next().unwrap_or(dotted);
    if let Some(member) = dotted.strip_prefix("datetime.")
        && matches!(member.rsplit('.').next(), Some("now" | "utcnow" | "today"))
    {
        return Some("clocks");
    }
    if let Some(member) = dotted.strip_prefix("io.")
        && matches!(member, "open" | "FileIO" | "open_code")
    {
        return Some("the file system");
    }
    if let Some(member) = dotted.strip_prefix("types.")
        && matches!(member, "CodeType" | "FunctionType" | "FrameType" | "CellType" | "ModuleType")
    {
        return Some("code objects");
    }
    REFUSED.iter().find(|(name, _)| *name == top).map(|(_, reaches)| *reaches)
}

/// Whether a module belongs to the standard library.
pub(crate) fn is_standard(module: &str) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    let own = |name: &&str| name.split('.').next() == Some(top);
    PURE.iter().any(own) || REFUSED.iter().any(|(name, _)| *name == top) || OTHER_STANDARD.contains(&top)
}

const OTHER_STANDARD: &[&str] = &[
    "argparse",
    "bz2",
    "cmd",
    "configparser",
    "ensurepip",
    "email",
    "encodings",
    "filecmp",
    "formatter",
    "getopt",
    "gettext",
    "gzip",
    "lzma",
    "mailbox",
    "mimetypes",
    "modulefinder",
    "netrc",
    "optparse",
    "plistlib",
    "pyclbr",
    "rlcompleter",
    "shlex",
    "symtable",
    "tabnanny",
    "this",
    "tkinter",
    "tomllib",
    "turtle",
    "typing_extensions",
    "venv",
    "wave",
    "wsgiref",
    "xml",
    "zipapp",
    "copyreg",
    "crypt",
    "curses",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pure_modules_are_free_and_reaching_ones_are_not() {
        assert!(["collections", "re", "functools", "os.path.join", "sys.intern"].iter().all(|name| refusal(name).is_none()));
        assert!(
            ["os", "os.path.exists", "sys.modules", "time.time", "threading", "datetime.datetime.now"]
                .iter()
                .all(|name| refusal(name).is_some())
        );
        assert!(is_standard("collections.abc") && is_standard("email") && !is_standard("numpy"));
    }
}
