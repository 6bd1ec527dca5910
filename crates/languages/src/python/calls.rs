//! The call graph: who calls whom, as far as it can be told from the source. What can't be told,
//! such as a method of an unknown object, is counted and never guessed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use whetstone_core::TargetName;

use super::{
    functions::{Function, Module, defined},
    syntax::BUILTINS,
};

/// Calls among the functions of a tree.
#[derive(Debug, Default)]
pub struct CallGraph {
    pub callees: BTreeMap<TargetName, BTreeSet<TargetName>>,
    /// Calls of each function whose callee can't be told.
    pub unresolved: BTreeMap<TargetName, u32>,
    /// Calls that lead out of the tree: built-ins and other packages.
    pub external: u32,
}

enum Callee {
    Own(TargetName),
    External,
    Unknown,
}

impl CallGraph {
    /// Reads the graph off parsed modules.
    pub fn of(modules: &[Module]) -> Self {
        let by_name: HashMap<&str, &Module> = modules.iter().map(|module| (module.name.as_str(), module)).collect();
        let mut graph = Self::default();
        for module in modules {
            let imports: HashMap<&str, &str> = module.imports.iter().map(|(name, origin)| (name.as_str(), origin.as_str())).collect();
            let resolver = Resolver { by_name: &by_name, module, imports };
            for function in &module.functions {
                for (callee, _) in &function.calls {
                    match resolver.resolve(function, callee) {
                        Callee::Own(name) => drop(graph.callees.entry(function.name().clone()).or_default().insert(name)),
                        Callee::External => graph.external += 1,
                        Callee::Unknown => *graph.unresolved.entry(function.name().clone()).or_default() += 1,
                    }
                }
            }
        }
        graph
    }

    /// All calls whose callee can't be told.
    pub fn unresolved_calls(&self) -> u32 {
        self.unresolved.values().sum()
    }
}

struct Resolver<'m> {
    by_name: &'m HashMap<&'m str, &'m Module>,
    module: &'m Module,
    imports: HashMap<&'m str, &'m str>,
}

impl Resolver<'_> {
    fn resolve(&self, caller: &Function, callee: &str) -> Callee {
        if !callee.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') {
            return Callee::Unknown;
        }
        if let Some(method) = callee.strip_prefix("self.").or_else(|| callee.strip_prefix("cls.")) {
            return match self.method(self.module, &caller.class, method, 0) {
                Some(name) if caller.is_method => Callee::Own(name),
                _ => Callee::Unknown,
            };
        }
        // Parameters and locals hide everything else of their name.
        let first = callee.split('.').next().unwrap_or(callee);
        if caller.parameters.iter().any(|parameter| parameter == first) {
            return Callee::Unknown;
        }
        if let Some(nested) = self.nested(caller, callee) {
            return Callee::Own(nested);
        }
        if let Some(name) = self.in_module(self.module, callee) {
            return Callee::Own(name);
        }
        if let Some(origin) = self.imports.get(first) {
            let rest = &callee[first.len()..];
            return self.dotted(&format!("{origin}{rest}"));
        }
        if !callee.contains('.') && (BUILTINS.contains(&callee) || callee.starts_with(|c: char| c.is_uppercase())) {
            return Callee::External;
        }
        Callee::Unknown
    }

    fn nested(&self, caller: &Function, callee: &str) -> Option<TargetName> {
        let mut scope = caller.name().qualname.clone();
        loop {
            if let Some(function) = defined(self.module, &format!("{scope}.<locals>.{callee}")) {
                return Some(function.name().clone());
            }
            scope = scope.rsplit_once(".<locals>.")?.0.to_owned();
        }
    }

    /// A function, a class (its `__init__`) or a class's own method of `module`.
    fn in_module(&self, module: &Module, qualname: &str) -> Option<TargetName> {
        if let Some(function) = defined(module, qualname) {
            return Some(function.name().clone());
        }
        if module.classes.iter().any(|class| class.qualname == qualname) {
            return Some(self.method(module, qualname, "__init__", 0).unwrap_or_else(|| TargetName::new(&module.name, qualname)));
        }
        let (class, method) = qualname.rsplit_once('.')?;
        self.method(module, class, method, 0)
    }

    /// A method of a class or of those bases that the tree itself defines.
    fn method(&self, module: &Module, class: &str, method: &str, depth: u32) -> Option<TargetName> {
        if let Some(function) = defined(module, &format!("{class}.{method}")) {
            return Some(function.name().clone());
        }
        let class = module.classes.iter().find(|candidate| candidate.qualname == class).filter(|_| depth < 16)?;
        class.bases.iter().find_map(|base| {
            if module.classes.iter().any(|candidate| candidate.qualname == *base) {
                return self.method(module, base, method, depth + 1);
            }
            let first = base.split('.').next().unwrap_or(base);
            let (_, origin) = module.imports.iter().find(|(name, _)| name == first)?;
            let (home, qualname) = self.home(&format!("{origin}{}", &base[first.len()..]))?;
            self.method(home, &qualname, method, depth + 1)
        })
    }

    fn dotted(&self, path: &str) -> Callee {
        match self.home(path) {
            Some((module, qualname)) => self.in_module(module, &qualname).map_or(Callee::Unknown, Callee::Own),
            None => Callee::External,
        }
    }

    /// Splits a dotted path into a module of the tree and the name in it, following one re-export.
    fn home(&self, path: &str) -> Option<(&Module, String)> {
        let (module, qualname) = self.split(path)?;
        let first = qualname.split('.').next().unwrap_or_default();
        let re_export = module.imports.iter().find(|(name, _)| name == first);
        match re_export {
            Some((_, origin)) if defined(module, first).is_none() => {
                self.split(&format!("{origin}{}", &qualname[first.len()..])).or(Some((module, qualname)))
            }
            _ => Some((module, qualname)),
        }
    }

    fn split(&self, path: &str) -> Option<(&Module, String)> {
        let mut end = path.len();
        while let Some(dot) = path[..end].rfind('.') {
            if let Some(module) = self.by_name.get(&path[..dot]) {
                return Some((module, path[dot + 1..].to_owned()));
            }
            end = dot;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_followed_through_imports_classes_and_bases() {
        let roots = [".".to_owned()];
        let modules = [
            Module::parse("pkg/__init__.py", "from .core import run\n", &roots),
            Module::parse("pkg/core.py", "class Base:\n    def go(self): pass\ndef run(): pass\n", &roots),
            Module::parse(
                "app.py",
                "import json\nimport pkg\nfrom pkg.core import Base as B\nclass A(B):\n    def f(self, cb):\n        self.go()\n        self.what()\n        cb()\n        pkg.run()\n        json.dumps(1)\n        len([])\n        def g(): pass\n        g()\n        A()\n        x().y()\n",
                &roots,
            ),
        ];
        let graph = CallGraph::of(&modules);
        let callees: Vec<String> = graph.callees[&TargetName::new("app", "A.f")].iter().map(TargetName::to_string).collect();
        assert_eq!(callees, ["app:A", "app:A.f.<locals>.g", "pkg.core:Base.go", "pkg.core:run"]);
        // self.what(), cb(), x().y() and x().
        assert_eq!(graph.unresolved_calls(), 4);
        assert_eq!(graph.external, 2);
    }
}
