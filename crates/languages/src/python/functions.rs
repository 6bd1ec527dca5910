//! The functions of a tree: qualified names (PEP 3155), decorators, loops, complexity, and finding
//! one by the name that a person writes.

use tree_sitter::Node;
use whetstone_core::{TargetName, TargetSite, words};

use super::{
    complexity::{self, Complexity},
    detect::module_of,
    syntax::{Source, definition_of, descendants, is_async, is_generator, named_children, own_descendants},
};

/// One function or method.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub site: TargetSite,
    /// Decorators as written, without the `@`.
    pub decorators: Vec<String>,
    pub is_async: bool,
    pub is_generator: bool,
    /// Whether it is defined directly in a class body.
    pub is_method: bool,
    /// Qualified name of the class around a method; empty otherwise.
    pub class: String,
    pub parameters: Vec<String>,
    pub complexity: Complexity,
    /// Statements of its own, docstring and nested definitions left out.
    pub statements: u32,
    /// Calls in its own body, nested functions left out, as `(callee as written, line)`.
    pub calls: Vec<(String, u32)>,
    /// Why no faster version of it can exist, such as `an abstract method`; empty if one may.
    pub trivial: String,
}

impl Function {
    /// The target's name.
    pub fn name(&self) -> &TargetName {
        &self.site.name
    }

    /// One of several signatures given for a type checker.
    pub fn is_overload(&self) -> bool {
        self.decorators.iter().any(|decorator| decorator == "overload" || decorator.ends_with(".overload"))
    }

    fn is_accessor_of_property(&self) -> bool {
        self.decorators.iter().any(|decorator| decorator.ends_with(".setter") || decorator.ends_with(".deleter"))
    }
}

/// A class with its bases as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    pub qualname: String,
    pub bases: Vec<String>,
}

/// One parsed file.
pub struct Module {
    /// Path relative to the tree.
    pub file: String,
    /// Dotted name as seen from its source root.
    pub name: String,
    pub functions: Vec<Function>,
    pub classes: Vec<Class>,
    /// What names at the module's top level stand for after imports: `(name, dotted origin)`.
    pub imports: Vec<(String, String)>,
    /// Line of the first syntax error; the functions are those that could be read all the same.
    pub error: Option<u32>,
}

impl Module {
    /// Parses a file; a path that can't be imported is named by its path with dots, as a script.
    pub fn parse(file: &str, text: &str, source_roots: &[String]) -> Self {
        let name = module_of(file, source_roots).unwrap_or_else(|| file.trim_end_matches(".py").replace('/', "."));
        let source = Source::parse(text);
        let mut classes = Vec::new();
        let functions = collect(&source, file, &name, &mut classes);
        let imports = imports(&source, &name, file.ends_with("__init__.py"));
        Self { file: file.to_owned(), name, functions, classes, imports, error: source.error().map(|error| error.line) }
    }
}

/// The functions of one file, in source order.
pub fn functions(source: &Source, file: &str, module: &str) -> Vec<Function> {
    collect(source, file, module, &mut Vec::new())
}

struct Scope<'t> {
    node: Node<'t>,
    prefix: String,
    class: String,
}

fn collect(source: &Source, file: &str, module: &str, classes: &mut Vec<Class>) -> Vec<Function> {
    let mut found = Vec::new();
    let mut open = vec![Scope { node: source.root(), prefix: String::new(), class: String::new() }];
    while let Some(scope) = open.pop() {
        for statement in definitions_within(scope.node) {
            let Some(inner) = definition_of(statement) else { continue };
            let name = inner.child_by_field_name("name").map_or("", |name| source.of(name));
            let Some(body) = inner.child_by_field_name("body").filter(|_| !name.is_empty()) else { continue };
            let qualname = format!("{}{name}", scope.prefix);
            if inner.kind() == "class_definition" {
                classes.push(Class { qualname: qualname.clone(), bases: bases(source, inner) });
                open.push(Scope { node: body, prefix: format!("{qualname}."), class: qualname });
            } else {
                let site = TargetSite {
                    name: TargetName::new(module, &qualname),
                    file: file.to_owned(),
                    line: statement.start_position().row as u32 + 1,
                    end_line: statement.end_position().row as u32 + 1,
                };
                found.push(describe(source, statement, inner, site, &scope.class));
                open.push(Scope { node: body, prefix: format!("{qualname}.<locals>."), class: String::new() });
            }
        }
    }
    found.sort_by_key(|function: &Function| (function.site.line, function.site.end_line));
    found
}

/// Definitions anywhere under `body` that lie in no other definition.
fn definitions_within(body: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut open = named_children(body);
    while let Some(node) = open.pop() {
        match node.kind() {
            "decorated_definition" | "function_definition" | "class_definition" => found.push(node),
            "lambda" => {}
            _ => open.extend(named_children(node)),
        }
    }
    found
}

fn describe(source: &Source, statement: Node<'_>, function: Node<'_>, site: TargetSite, class: &str) -> Function {
    let decorators = named_children(statement).into_iter().filter(|child| child.kind() == "decorator");
    let decorators = decorators.map(|decorator| source.of(decorator).trim_start_matches('@').trim().to_owned()).collect();
    let calls = own_descendants(function).into_iter().filter(|node| node.kind() == "call").filter_map(|call| {
        let callee = call.child_by_field_name("function")?;
        Some((source.of(callee).to_owned(), call.start_position().row as u32 + 1))
    });
    let statements = body_statements(function);
    Function {
        decorators,
        is_async: is_async(function),
        is_generator: is_generator(function),
        is_method: !class.is_empty(),
        class: class.to_owned(),
        parameters: parameters(source, function),
        complexity: complexity::of(function),
        statements: own_descendants(function).iter().filter(|node| is_statement(node.kind())).count() as u32,
        calls: calls.collect(),
        trivial: trivial(source, &statements).unwrap_or_default().to_owned(),
        site,
    }
}

fn is_statement(kind: &str) -> bool {
    kind.ends_with("_statement") && kind != "comment"
}

/// The statements of a body, the docstring left out.
fn body_statements(function: Node<'_>) -> Vec<Node<'_>> {
    let body = function.child_by_field_name("body");
    let statements = body.map(named_children).unwrap_or_default();
    let is_docstring =
        |node: &Node<'_>| node.kind() == "expression_statement" && node.named_child(0).is_some_and(|child| child.kind() == "string");
    statements.into_iter().filter(|node| node.kind() != "comment" && !is_docstring(node)).collect()
}

/// Bodies that do nothing to speed up: empty, a raise, a constant, or an attribute.
fn trivial(source: &Source, statements: &[Node<'_>]) -> Option<&'static str> {
    let only = match statements {
        [] => return Some("its body is empty"),
        [only] => *only,
        _ => return None,
    };
    match only.kind() {
        "pass_statement" => Some("its body is empty"),
        "raise_statement" => Some("it only raises"),
        "expression_statement" if source.of(only) == "..." => Some("its body is empty"),
        "expression_statement" if only.named_child(0).is_some_and(|node| is_plain(node)) => Some("it does nothing but name a value"),
        "return_statement" => match only.named_child(0) {
            None => Some("its body is empty"),
            Some(value) if is_plain(value) => Some("it only returns a name, an attribute or a constant"),
            Some(_) => None,
        },
        _ => None,
    }
}

fn is_plain(node: Node<'_>) -> bool {
    match node.kind() {
        "identifier" | "integer" | "float" | "true" | "false" | "none" => true,
        "string" => !descendants(node).iter().any(|part| part.kind() == "interpolation"),
        "attribute" => node.child_by_field_name("object").is_some_and(is_plain),
        _ => false,
    }
}

fn parameters(source: &Source, function: Node<'_>) -> Vec<String> {
    let list = function.child_by_field_name("parameters").map(named_children).unwrap_or_default();
    let name = |parameter: Node<'_>| {
        let named = parameter.child_by_field_name("name").unwrap_or(parameter);
        descendants(named).into_iter().find(|node| node.kind() == "identifier").map(|node| source.of(node).to_owned())
    };
    list.into_iter().filter_map(name).collect()
}

fn bases(source: &Source, class: Node<'_>) -> Vec<String> {
    let list = class.child_by_field_name("superclasses").map(named_children).unwrap_or_default();
    let named = list.into_iter().filter(|base| matches!(base.kind(), "identifier" | "attribute"));
    named.map(|base| source.of(base).to_owned()).collect()
}

fn imports(source: &Source, module: &str, is_package: bool) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for node in descendants(source.root()) {
        match node.kind() {
            "import_statement" => {
                for name in named_children(node) {
                    if let (Some(path), Some(alias)) = (name.child_by_field_name("name"), name.child_by_field_name("alias")) {
                        found.push((source.of(alias).to_owned(), source.of(path).to_owned()));
                    } else {
                        // `import a.b` binds `a`; the dotted use is resolved by longest prefix.
                        let top = source.of(name).split('.').next().unwrap_or_default();
                        found.push((top.to_owned(), top.to_owned()));
                    }
                }
            }
            "import_from_statement" => import_from(source, node, module, is_package, &mut found),
            _ => {}
        }
    }
    found
}

fn import_from(source: &Source, node: Node<'_>, module: &str, is_package: bool, found: &mut Vec<(String, String)>) {
    let Some(from) = node.child_by_field_name("module_name") else { return };
    let from_text = source.of(from).replace(' ', "");
    let dots = from_text.chars().take_while(|c| *c == '.').count();
    let origin = if dots == 0 {
        from_text
    } else {
        let mut package: Vec<&str> = module.split('.').collect();
        let up = if is_package { dots - 1 } else { dots };
        package.truncate(package.len().saturating_sub(up));
        package.extend(from_text[dots..].split('.').filter(|part| !part.is_empty()));
        package.join(".")
    };
    for name in named_children(node).into_iter().filter(|name| *name != from) {
        let path = name.child_by_field_name("name").unwrap_or(name);
        let alias = name.child_by_field_name("alias").unwrap_or(path);
        if matches!(path.kind(), "dotted_name" | "identifier") {
            found.push((source.of(alias).to_owned(), format!("{origin}.{}", source.of(path))));
        }
    }
}

/// A name that no function bears, or more than one, with the nearest that exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Unresolved {
    pub asked: String,
    pub nearest: Vec<TargetName>,
    /// Whether `asked` fits each of `nearest`, rather than none.
    pub is_ambiguous: bool,
}

impl Unresolved {
    fn message(&self) -> String {
        let names: Vec<String> = self.nearest.iter().map(TargetName::to_string).collect();
        let what = if self.is_ambiguous { "names more than one function" } else { "names no function of the source" };
        match names.as_slice() {
            [] => format!("`{}` {what}; package.module:Class.method or path/file.py:Class.method is expected", self.asked),
            names => format!("`{}` {what}; the nearest are {}", self.asked, names.join(", ")),
        }
    }
}

/// Finds the function that a person means by `package.module:Class.method` or `path/file.py:Class.method`.
///
/// # Errors
/// [`Unresolved`] with the nearest names.
pub fn resolve<'m>(modules: &'m [Module], asked: &str) -> Result<&'m Function, Unresolved> {
    let (module, qualname) = asked.trim().rsplit_once(':').unwrap_or(("", asked.trim()));
    let path = module.trim_start_matches("./");
    let in_module = |candidate: &&Module| candidate.name == module || candidate.file == path;
    let mut files: Vec<&Module> = modules.iter().filter(in_module).collect();
    if files.is_empty() && path.ends_with(".py") {
        files = modules.iter().filter(|candidate| candidate.file.ends_with(&format!("/{path}"))).collect();
    }
    let qualname = qualname.trim_end_matches("()");
    let named: Vec<&Function> = files.iter().filter_map(|module| defined(module, qualname)).collect();
    match named.as_slice() {
        [only] => Ok(only),
        [] => Err(Unresolved { asked: asked.to_owned(), nearest: nearest(modules, asked, qualname), is_ambiguous: false }),
        several => {
            let nearest = several.iter().map(|function| TargetName::new(&function.site.file, qualname)).collect();
            Err(Unresolved { asked: asked.to_owned(), nearest, is_ambiguous: true })
        }
    }
}

/// The definition that a name stands for at run time: the last one that is neither an overload
/// for the type checker nor a property's setter.
pub fn defined<'m>(module: &'m Module, qualname: &str) -> Option<&'m Function> {
    let plain = qualname.replace(".<locals>.", ".");
    let named = || {
        module.functions.iter().filter(|function| {
            let own = &function.site.name.qualname;
            own == qualname || own.replace(".<locals>.", ".") == plain
        })
    };
    named().rfind(|function| !function.is_overload() && !function.is_accessor_of_property()).or_else(|| named().next_back())
}

fn nearest(modules: &[Module], asked: &str, qualname: &str) -> Vec<TargetName> {
    let last = qualname.rsplit('.').next().unwrap_or(qualname).to_lowercase();
    let mut ranked: Vec<(usize, &TargetName)> = Vec::new();
    for function in modules.iter().flat_map(|module| &module.functions) {
        let name = function.name();
        let own_last = name.qualname.rsplit('.').next().unwrap_or_default().to_lowercase();
        let distance = words::distance(&last, &own_last) * 4 + words::distance(asked, &name.to_string());
        if distance <= asked.len() * 3 {
            ranked.push((distance, name));
        }
    }
    ranked.sort();
    ranked.dedup_by(|left, right| left.1 == right.1);
    ranked.into_iter().take(5).map(|(_, name)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
from .other import helper as h
import os.path as p

class Shop(Base, lib.Mixin):
    """Doc."""

    @property
    def total(self):
        return self._total

    @total.setter
    def total(self, value):
        self._total = value

    async def load(self, *names, key=None, **rest):
        def clean(name):
            return name.strip()
        for name in names:
            if name and key or rest:
                yield clean(h(name))

if True:
    @cache
    @other(1)
    def fast(): return 1
else:
    def fast(): return [x for x in () if x]
"#;

    fn module() -> Module {
        Module::parse("src/pkg/shop.py", TEXT, &["src".to_owned()])
    }

    #[test]
    fn functions_have_qualified_names_and_their_whole_place() {
        let module = module();
        let names: Vec<_> = module.functions.iter().map(|function| (function.name().qualname.as_str(), function.site.line)).collect();
        let expected =
            [("Shop.total", 8), ("Shop.total", 12), ("Shop.load", 16), ("Shop.load.<locals>.clean", 17), ("fast", 24), ("fast", 28)];
        assert_eq!(names, expected);
        let load = &module.functions[2];
        assert!(load.is_async && load.is_generator && load.is_method && !module.functions[3].is_method);
        assert_eq!(load.parameters, ["self", "names", "key", "rest"]);
        assert_eq!(load.calls, [("clean".to_owned(), 21), ("h".to_owned(), 21)]);
        assert_eq!(module.functions[4].decorators, ["cache", "other(1)"]);
        assert_eq!(module.classes[0].bases, ["Base", "lib.Mixin"]);
        assert_eq!(module.imports, [("h".into(), "pkg.other.helper".into()), ("p".into(), "os.path".into())]);
        assert!(!module.functions[0].trivial.is_empty() && load.trivial.is_empty());
    }

    #[test]
    fn names_resolve_by_module_and_by_path() {
        let modules = [module()];
        for name in ["pkg.shop:Shop.load", "src/pkg/shop.py:Shop.load", "./src/pkg/shop.py:Shop.load", "shop.py:Shop.load"] {
            assert_eq!(resolve(&modules, name).expect(name).site.line, 16, "{name}");
        }
        assert_eq!(resolve(&modules, "pkg.shop:Shop.load.clean").expect("nested").site.line, 17);
        assert_eq!(resolve(&modules, "pkg.shop:Shop.total").expect("getter").site.line, 8);
        assert_eq!(resolve(&modules, "pkg.shop:fast").expect("last").site.line, 28);
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let modules = [module()];
        let error = resolve(&modules, "pkg.shop:Shop.lod").expect_err("unknown");
        assert_eq!(error.nearest[0].to_string(), "pkg.shop:Shop.load");
        assert!(error.to_string().contains("the nearest are pkg.shop:Shop.load"));
        assert_eq!(resolve(&modules, "fast").expect_err("no module").nearest[0].to_string(), "pkg.shop:fast");
        let twice = [module(), Module::parse("lib/shop.py", "def fast(): pass", &[".".to_owned()])];
        assert!(resolve(&twice, "shop.py:fast").expect_err("two files").is_ambiguous);
    }
}
