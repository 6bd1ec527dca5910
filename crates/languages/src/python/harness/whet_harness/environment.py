"""Builds an environment inside a prepare job: dependencies only, and an overlay with what building
the repository's own package added.

Run as a script, one action a step of the prepare plan:

    environment.py create FOLDER
    environment.py build|dependencies|tests|setup|finish SPECIFICATION
    environment.py tools FOLDER REQUIREMENT...

SPECIFICATION is the JSON that `prepare.rs` writes. State between steps lies in one scratch folder.
"""

import email.parser
import filecmp
import json
import os
import shutil
import subprocess
import sys
import zipfile

STATE = os.path.join(os.environ.get("TMPDIR", "/tmp"), "whet-prepare")
WHEELS = os.path.join(STATE, "wheels")
LISTING = os.path.join(STATE, "tree-before-setup.json")
TREE = os.environ.get("WHET_PREPARE_TREE", "/whet/tree")
# Versions are read from tags that a snapshot does not hold; any version will do for running.
VERSION_VARIABLES = ("SETUPTOOLS_SCM_PRETEND_VERSION", "PBR_VERSION", "PDM_BUILD_SCM_VERSION")


def main(arguments):
    action, rest = arguments[0], arguments[1:]
    os.makedirs(STATE, exist_ok=True)
    if action == "create":
        create(rest[0])
    elif action == "tools":
        install_tools(rest[0], rest[1:])
    else:
        actions = {"build": build, "locked": locked, "dependencies": dependencies, "tests": tests, "setup": setup, "finish": finish}
        actions[action](json.loads(rest[0]))


def create(folder):
    try:
        import venv
    except ImportError:
        sys.exit("this Python has no venv module: install it (on Debian and Ubuntu: python3-venv)")
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)


def pip_program():
    """The path of a pip that runs under any interpreter: the wheel that ensurepip brings, which
    needs no installation, or the installed package."""
    folders = ["/usr/share/python-wheels"]
    try:
        import ensurepip

        folders.insert(0, os.path.join(os.path.dirname(ensurepip.__file__), "_bundled"))
    except ImportError:
        pass
    for folder in folders:
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        wheels = [name for name in names if name.startswith("pip-") and name.endswith(".whl")]
        if wheels:
            return os.path.join(folder, wheels[-1], "pip")
    for folder in (sys.base_prefix + "/lib/python%d.%d/site-packages" % sys.version_info[:2], "/usr/lib/python3/dist-packages"):
        if os.path.isdir(os.path.join(folder, "pip")):
            return os.path.join(folder, "pip")
    sys.exit("this Python has no pip: install it (on Debian and Ubuntu: python3-venv)")


def pip(*arguments, **options):
    """Runs pip with its output passed on; returns its exit status."""
    quiet = ["--disable-pip-version-check", "--no-input", "--no-color", "--progress-bar", "off"]
    command = [sys.executable, pip_program(), arguments[0]] + quiet + list(arguments[1:])
    return subprocess.call(command, cwd=options.get("cwd", TREE), env=options.get("env"))


def build(specification):
    """Makes the wheel of the repository's own package, for its metadata and what its build adds."""
    environment = dict(os.environ)
    has_version = any(os.path.exists(os.path.join(TREE, name)) for name in ("PKG-INFO", ".git"))
    if not has_version:
        for variable in VERSION_VARIABLES:
            environment.setdefault(variable, "0.0.0")
    os.makedirs(WHEELS, exist_ok=True)
    sys.exit(pip("wheel", "--no-deps", "--wheel-dir", WHEELS, TREE, env=environment))


def built_wheel():
    names = sorted(os.listdir(WHEELS)) if os.path.isdir(WHEELS) else []
    return os.path.join(WHEELS, names[0]) if names else None


def wheel_metadata():
    wheel = built_wheel()
    if wheel is None:
        return None
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.parser.BytesParser().parsebytes(archive.read(name))


def metadata_requirements(metadata, extras):
    """Requirement lines that apply here, without markers; each with its extra ('' for none)."""
    sys.path.insert(0, os.path.dirname(pip_program()))
    from pip._vendor.packaging.requirements import Requirement

    lines = []
    for line in metadata.get_all("Requires-Dist") or []:
        requirement = Requirement(line)
        marker = requirement.marker
        requirement.marker = None
        if marker is None or marker.evaluate({"extra": ""}):
            lines.append(("", str(requirement)))
            continue
        for extra in extras:
            if marker.evaluate({"extra": extra}):
                lines.append((extra, str(requirement)))
                break
    return lines


def is_test_word(name):
    words = "".join(c if c.isalnum() else " " for c in name.lower()).split()
    return any(word in ("test", "tests", "testing", "pytest", "unittest") for word in words)


def wanted_extras(metadata):
    extras = metadata.get_all("Provides-Extra") or []
    for_tests = [extra for extra in extras if is_test_word(extra)]
    return for_tests or [extra for extra in extras if extra.lower() in ("dev", "develop", "development")]


def name_of(requirement):
    end = next((i for i, c in enumerate(requirement) if not (c.isalnum() or c in "-_.")), len(requirement))
    return requirement[:end].lower().replace("_", "-").replace(".", "-")


def is_for_running(requirement, specification):
    name = name_of(requirement)
    left_out = specification["not_for_running"]
    return name not in left_out["names"] and not any(name.startswith(prefix) for prefix in left_out["prefixes"])


def install(specification, lines, *constraints):
    """Installs requirement lines under the repository's constraint files and further ones; pip's exit status."""
    bounds = [part for path in (*constraints, *specification["constraints"]) for part in ("--constraint", path)]
    return pip("install", "--no-compile", *bounds, *lines) if lines else 0


def runtime_lines(specification):
    """What the package itself needs: as its metadata says, or as declared where it has none."""
    metadata = wheel_metadata()
    return specification["runtime"] if metadata is None else [line for _, line in metadata_requirements(metadata, ())]


def locked(specification):
    """Installs what the package and its tests need in the versions that its lock file fixes; later steps find it there."""
    pins = os.path.join(STATE, "pins.txt")
    with open(pins, "w", encoding="utf-8") as file:
        file.write("\n".join(specification["pins"]) + "\n")
    for lines in (runtime_lines(specification), test_lines(specification)):
        status = install(specification, lines, pins)
        if status:
            sys.exit(status)


def dependencies(specification):
    """Installs what the package itself needs."""
    status = install(specification, runtime_lines(specification))
    if status:
        sys.exit(status)


def test_lines(specification):
    """What tests need, as far as it is declared."""
    lines = list(specification["tests"])
    metadata = wheel_metadata()
    if metadata is not None:
        extras = wanted_extras(metadata)
        added = [line for extra, line in metadata_requirements(metadata, extras) if extra]
        lines += [line for line in added if line not in lines and is_for_running(line, specification)]
    return [line for line in lines if name_of(line) != name_of(specification["name"])]


def tests(specification):
    """Installs what tests need; where all together fail, each that can be had."""
    lines = test_lines(specification)
    if install(specification, lines) == 0:
        return
    missing = [line for line in lines if install(specification, [line])]
    if missing:
        sys.exit("could not be installed: " + ", ".join(missing))


def setup(specification):
    """Runs the enrollment's setup command in the tree, with the environment and pip on its path."""
    with open(LISTING, "w", encoding="utf-8", errors="surrogateescape") as listing:
        json.dump(sorted(files_below(TREE)), listing)
    programs = os.path.join(STATE, "bin")
    os.makedirs(programs, exist_ok=True)
    for name in ("pip", "pip3"):
        path = os.path.join(programs, name)
        with open(path, "w", encoding="utf-8") as script:
            script.write('#!/bin/sh\nexec "%s" "%s" "$@"\n' % (sys.executable, pip_program()))
        os.chmod(path, 0o755)
    environment = dict(os.environ, VIRTUAL_ENV=sys.prefix)
    environment["PATH"] = os.pathsep.join([os.path.join(sys.prefix, "bin"), programs, environment.get("PATH", "/usr/bin:/bin")])
    sys.exit(subprocess.call(["/bin/sh", "-c", specification["setup"]], cwd=TREE, env=environment))


def finish(specification):
    """Takes the repository's own package out of the environment, collects the overlay, and compiles
    the bytecode so that it holds whatever times the unpacked files get."""
    remove_own_distribution(specification)
    overlay = specification["overlay"]
    os.makedirs(overlay, exist_ok=True)
    if built_wheel() is not None:
        collect_from_wheel(built_wheel(), specification["source_roots"], overlay)
    collect_from_setup(overlay)
    packages = os.path.join(sys.prefix, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
    compile_tree(packages)


def compile_tree(folder):
    import compileall
    import py_compile

    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, workers=0, invalidation_mode=mode)


def remove_own_distribution(specification):
    import importlib.metadata

    metadata = wheel_metadata()
    own = {name_of(name) for name in (specification["name"], metadata["Name"] if metadata is not None else "") if name}
    for distribution in list(importlib.metadata.distributions()):
        name = distribution.metadata["Name"]
        if not name or name_of(name) not in own:
            continue
        for file in distribution.files or []:
            path = os.path.realpath(str(distribution.locate_file(file)))
            if path.startswith(os.path.realpath(sys.prefix) + os.sep) and os.path.isfile(path):
                os.remove(path)


def collect_from_wheel(wheel, roots, overlay):
    told = {root for root in roots if is_told_by_tree(root)}
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            inside = path_in_package(name)
            if name.endswith("/") or inside is None:
                continue
            root = root_of(inside, roots)
            if inside.split("/", 1)[0].endswith(".dist-info") and root in told:
                continue
            path = inside if root == "." else root + "/" + inside
            if not os.path.exists(os.path.join(original_tree(), path)):
                write_file(os.path.join(overlay, path), archive.read(name))
        entry_points = next((name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")), None)
        if entry_points is not None:
            write_scripts(archive.read(entry_points).decode("utf-8"))


def is_told_by_tree(root):
    """Whether the tree itself has the package's metadata, of the same name and version, where it is imported from, as source
    distributions do. Beside a second copy the order of a folder's entries would decide which of them is found."""
    wheel = wheel_metadata()
    folder = os.path.join(original_tree(), root)
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        information = os.path.join(folder, name, "PKG-INFO")
        if name.endswith(".egg-info") and os.path.isfile(information):
            with open(information, "rb") as file:
                own = email.parser.BytesParser().parse(file, headersonly=True)
            if name_of(own["Name"] or "") == name_of(wheel["Name"]) and own["Version"] == wheel["Version"]:
                return True
    return False


def original_tree():
    """The snapshot as it came; the build may have left files of its own in the copy."""
    return "/job/in/tree" if os.path.isdir("/job/in/tree") else TREE


def path_in_package(name):
    """Where a wheel's file is imported from; None for scripts, headers and data."""
    first, _, rest = name.partition("/")
    if not first.endswith(".data"):
        return name
    scheme, _, inside = rest.partition("/")
    return inside if scheme in ("purelib", "platlib") and inside else None


def root_of(path, roots):
    top = path.split("/", 1)[0]
    for root in roots:
        if os.path.exists(os.path.join(original_tree(), root, top)):
            return root
    return roots[0]


def write_file(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def write_scripts(entry_points):
    """Console scripts of the package, as an installer makes them; they import from the tree."""
    import configparser

    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str
    parser.read_string(entry_points)
    for name, target in parser.items("console_scripts") if parser.has_section("console_scripts") else []:
        module, _, attribute = target.split("[")[0].strip().partition(":")
        path = os.path.join(sys.prefix, "bin", os.path.basename(name))
        if not module or not attribute or os.path.exists(path):
            continue
        text = "#!%s\nimport sys\nfrom %s import %s\nsys.exit(%s())\n"
        write_file(path, (text % (sys.executable, module, attribute.split(".")[0], attribute)).encode("utf-8"))
        os.chmod(path, 0o755)


def files_below(folder):
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in (".git", "__pycache__")]
        for name in names:
            yield os.path.relpath(os.path.join(parent, name), folder)


def collect_from_setup(overlay):
    """What the setup command made in the tree, or changed there."""
    if not os.path.exists(LISTING):
        return
    with open(LISTING, encoding="utf-8", errors="surrogateescape") as listing:
        before = set(json.load(listing))
    for path in files_below(TREE):
        source, original = os.path.join(TREE, path), os.path.join(original_tree(), path)
        made = path not in before
        changed = original != source and os.path.exists(original) and not filecmp.cmp(source, original, shallow=False)
        if (made or changed) and os.path.isfile(source):
            os.makedirs(os.path.dirname(os.path.join(overlay, path)), exist_ok=True)
            shutil.copy2(source, os.path.join(overlay, path))


def install_tools(folder, requirements):
    """Installs Whetstone's own tools into a folder that jobs put last on the module path; a tool
    that can't be had here is left out."""
    os.makedirs(folder, exist_ok=True)
    status = pip("install", "--no-compile", "--target", folder, *requirements, cwd="/")
    if status:
        for requirement in requirements:
            pip("install", "--no-compile", "--upgrade", "--target", folder, requirement, cwd="/")
    keep_character_tables(folder)
    compile_tree(folder)
    if not os.listdir(folder):
        sys.exit("none of the tools could be installed")


def keep_character_tables(folder):
    """Hypothesis goes through all of Unicode where it finds no table of it: here once, not in every
    process that draws texts (strategies.py)."""
    if not os.path.isdir(os.path.join(folder, "hypothesis")):
        return
    program = """
import sys
sys.path.append(%r)
from hypothesis import given, settings, strategies
settings(max_examples=1, database=None)(given(strategies.text())(lambda text: None))()
""" % folder
    environment = dict(os.environ, HYPOTHESIS_NO_PLUGINS="1", HYPOTHESIS_STORAGE_DIRECTORY=os.path.join(folder, "hypothesis_tables"))
    subprocess.run([sys.executable, "-S", "-s", "-c", program], env=environment, cwd="/", stdin=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    main(sys.argv[1:])
