//! Sandboxes for untrusted code: bubblewrap, and none by explicit request.
