import os
import tempfile
import unittest
import unittest.mock
import zipfile

import support  # noqa: F401 - finds the harness
from whet_harness import environment


class Collected(unittest.TestCase):
    """What of a wheel goes into the overlay of a tree."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree, self.overlay = os.path.join(folder.name, "tree"), os.path.join(folder.name, "overlay")
        os.makedirs(self.tree)
        self.wheel = os.path.join(folder.name, "some_tool-2.0-py3-none-any.whl")
        with zipfile.ZipFile(self.wheel, "w") as archive:
            archive.writestr("some_tool/made.py", "")
            archive.writestr("some_tool-2.0.dist-info/METADATA", "Name: some-tool\nVersion: 2.0\n\n")
        for name, found in (("original_tree", self.tree), ("built_wheel", self.wheel)):
            patch = unittest.mock.patch.object(environment, name, lambda found=found: found)
            patch.start()
            self.addCleanup(patch.stop)

    def put(self, folder, version):
        os.makedirs(os.path.join(self.tree, folder))
        with open(os.path.join(self.tree, folder, "PKG-INFO"), "w", encoding="utf-8") as file:
            file.write("Name: Some.Tool\nVersion: %s\n\nA tool.\n" % version)

    def collected(self, roots):
        environment.collect_from_wheel(self.wheel, roots, self.overlay)
        return sorted(environment.files_below(self.overlay))

    def test_metadata_and_made_files_are_taken(self):
        self.put("some_tool.egg-info", "1.9")
        self.assertEqual(self.collected(["."]), ["some_tool-2.0.dist-info/METADATA", "some_tool/made.py"])

    def test_metadata_that_the_tree_tells_itself_is_not_told_twice(self):
        self.put("some_tool.egg-info", "2.0")
        self.assertEqual(self.collected(["."]), ["some_tool/made.py"])

    def test_that_of_another_folder_is_not_found_where_the_package_is_imported_from(self):
        self.put("some_tool.egg-info", "2.0")
        os.makedirs(os.path.join(self.tree, "src"))
        self.assertEqual(self.collected(["src"]), ["src/some_tool-2.0.dist-info/METADATA", "src/some_tool/made.py"])


if __name__ == "__main__":
    unittest.main()
