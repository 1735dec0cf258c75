//! Views of one trace.
