//! Every secret in a value, found by writing the value twice: for people a secret is a reference with its kind, for
//! machines it is its bytes, and both stand at the same place.

use serde::ser::{self, Serialize, Serializer};
use std::fmt;
use umaverse::wire::token::{REFERENCE_CLOSE, REFERENCE_OPEN};

/// The secrets in a value with their kinds.
pub(crate) fn secrets_of(value: &impl Serialize) -> Vec<(String, String)> {
    let for_people = texts(value, true);
    let for_machines = texts(value, false);
    assert_eq!(for_people.len(), for_machines.len(), "the two ways of writing have other places");
    let pairs = for_people.into_iter().zip(for_machines);
    pairs.filter_map(|(reference, bytes)| Some((bytes?, kind(&reference?)?))).collect()
}

fn kind(reference: &str) -> Option<String> {
    let inner = reference.strip_prefix(REFERENCE_OPEN)?.strip_suffix(REFERENCE_CLOSE)?;
    Some(inner.split(':').next()?.to_owned())
}

fn texts(value: &impl Serialize, human: bool) -> Vec<Option<String>> {
    let mut walk = Walk { human, texts: Vec::new() };
    value.serialize(&mut walk).unwrap();
    walk.texts
}

/// Notes every text, and `None` for every tuple: a hash is a text for people and a tuple for machines.
struct Walk {
    human: bool,
    texts: Vec<Option<String>>,
}

#[derive(Debug)]
struct Never;

impl fmt::Display for Never {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("never")
    }
}
impl std::error::Error for Never {}
impl ser::Error for Never {
    fn custom<T: fmt::Display>(message: T) -> Self {
        panic!("{message}")
    }
}

type Done = Result<(), Never>;

macro_rules! nothing_to_note {
    ($($method:ident: $type:ty),*) => {$(
        fn $method(self, _: $type) -> Done {
            Ok(())
        }
    )*};
}

impl<'a> Serializer for &'a mut Walk {
    type Ok = ();
    type Error = Never;
    type SerializeSeq = &'a mut Walk;
    type SerializeTuple = &'a mut Walk;
    type SerializeTupleStruct = &'a mut Walk;
    type SerializeTupleVariant = &'a mut Walk;
    type SerializeMap = &'a mut Walk;
    type SerializeStruct = &'a mut Walk;
    type SerializeStructVariant = &'a mut Walk;

    nothing_to_note!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_bytes: &[u8]
    );

    fn is_human_readable(&self) -> bool {
        self.human
    }
    fn serialize_str(self, text: &str) -> Done {
        self.texts.push(Some(text.to_owned()));
        Ok(())
    }
    fn serialize_none(self) -> Done {
        Ok(())
    }
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Done {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Done {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Done {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Done {
        Ok(())
    }
    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Done {
        value.serialize(self)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Never> {
        Ok(self)
    }
    fn serialize_tuple(self, _: usize) -> Result<Self, Never> {
        self.texts.push(None);
        Ok(self)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Never> {
        Ok(self)
    }
    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Never> {
        Ok(self)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self, Never> {
        Ok(self)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Never> {
        Ok(self)
    }
    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Never> {
        Ok(self)
    }
}

macro_rules! walk_into {
    ($($trait:ident $method:ident ($($key:ident: $type:ty)?);)*) => {$(
        impl ser::$trait for &mut Walk {
            type Ok = ();
            type Error = Never;
            fn $method<T: ?Sized + Serialize>(&mut self, $($key: $type,)? value: &T) -> Done {
                value.serialize(&mut **self)
            }
            fn end(self) -> Done {
                Ok(())
            }
        }
    )*};
}

walk_into! {
    SerializeSeq serialize_element ();
    SerializeTuple serialize_element ();
    SerializeTupleStruct serialize_field ();
    SerializeTupleVariant serialize_field ();
    SerializeStruct serialize_field (_key: &'static str);
    SerializeStructVariant serialize_field (_key: &'static str);
}

impl ser::SerializeMap for &mut Walk {
    type Ok = ();
    type Error = Never;
    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Done {
        key.serialize(&mut **self)
    }
    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Done {
        value.serialize(&mut **self)
    }
    fn end(self) -> Done {
        Ok(())
    }
}
