pub(crate) const TESTS: &[(&str, &crate::support::FeatureTest)] = &[];
