print('not a script')
