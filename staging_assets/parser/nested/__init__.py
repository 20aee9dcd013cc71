"""SQL within SQL: bodies of functions, dynamic SQL, and strings in them that name something.

It stands on `names`, which finds what a text says plainly, and on `strings`, which knows where a
string is looked up as a name.
"""
