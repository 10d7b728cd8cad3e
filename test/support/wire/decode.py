"""Decodes answers in binary with the protobuf package of Python, knowing nothing but the description of the message.

    buf build src/wire -o error-tree.binpb
    python3 decode.py error-tree.binpb ':CggA8GeqC6kCtx…:;v=1' …    prints the fields of each value as JSON
    python3 decode.py error-tree.binpb test/vectors/*.json          compares the fields of each vector, too

Needs the package `protobuf`; everything else is of the standard library.
"""

import base64
import json
import sys
import zlib

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

MESSAGE = "error_tree.v1.ErrorTree"


def message_class(path):
    """The class of the message, made from a FileDescriptorSet."""
    with open(path, "rb") as file:
        files = descriptor_pb2.FileDescriptorSet.FromString(file.read())
    pool = descriptor_pool.DescriptorPool()
    for description in files.file:
        pool.Add(description)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(MESSAGE))


def fields_of(message):
    """The fields that say something by name, bytes in hex."""
    fields = {}
    for field, value in message.ListFields():
        if isinstance(value, bytes):
            fields[field.name] = value.hex()
        else:
            fields[field.name] = value if isinstance(value, int) else list(value)
    return fields


def decode_value(error_tree, value):
    content = value.split(":")[1]
    padded = content + "=" * (-len(content) % 4)
    return fields_of(error_tree.FromString(zlib.decompress(base64.b64decode(padded, validate=True), -15)))


def check_vectors(error_tree, path):
    """Compares the fields of each vector that has some; returns how many differ."""
    with open(path, encoding="utf-8") as file:
        vectors = [vector for vector in json.load(file) if "fields" in vector]
    if not vectors:
        return 0
    wrong = 0
    for vector in vectors:
        fields = decode_value(error_tree, vector["header"])
        if fields != vector["fields"]:
            wrong += 1
            print(f"{path}: {vector['name']}: {json.dumps(fields)} instead of {json.dumps(vector['fields'])}")
    print(f"{path}: {len(vectors) - wrong} of {len(vectors)} vectors have the same fields")
    return wrong


def main(arguments):
    if len(arguments) < 2:
        print(__doc__)
        return 2
    error_tree = message_class(arguments[0])
    wrong = 0
    for argument in arguments[1:]:
        if argument.endswith(".json"):
            wrong += check_vectors(error_tree, argument)
        else:
            print(json.dumps(decode_value(error_tree, argument)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
