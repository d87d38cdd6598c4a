"""Files: kept by digest outside the database, known by a row; served only to who may see the case they belong to.

tables      a content (by digest) and a document (a content under a name, on a case or on a draft)
store       where contents lie: a folder, or an S3-compatible store
kinds       what a file is, by what is in it
receiving   from a stream of bytes to a checked file on disk, never in memory
scanning    asks clamd whether a file is clean
previews    small pictures without what a camera writes into large ones
keeping     contents and documents as rows, and the sweep of what nobody refers to
"""
