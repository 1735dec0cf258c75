//! What is planted in the examples of 2.0.

use crate::planted::Plant;

pub(crate) const PLANTS: &[Plant] = &[];
