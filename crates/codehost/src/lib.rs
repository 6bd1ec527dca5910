//! Code hosts: snapshots from folders, archives and git URLs; branches and patches.
